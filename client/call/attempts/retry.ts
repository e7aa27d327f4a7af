import { currentScope } from "../../../rpc/context.ts";
import { RpcError } from "../../../rpc/error.ts";
import { Status } from "../../../rpc/status.ts";
import { after } from "../../../base/time.ts";
import type { MethodRules, RetryRules } from "../../../policy/rules.ts";
import type { Attempt } from "./attempt.ts";
import { begin } from "./make_attempt.ts";
import { at } from "../responses.ts";
import type { CallPath } from "../shared_state.ts";
import { cancelled, pause } from "../../instances/wait.ts";
import { type Failure, failureOf, finish, type Made, noteOf } from "./attempt_result.ts";
import type { Outgoing } from "./outgoing.ts";
import type { Subchannel } from "../../instances/subchannel.ts";

const CLOSED = "the client was closed";

/**
 * Makes attempts, one after the other, until one is the call's: its response has begun, it failed for good, or no other may be made.
 *
 * @see https://github.com/grpc/proposal/blob/master/A6-client-retries.md#retry-policy
 */
export async function retried(
  path: CallPath,
  rules: MethodRules,
  retry: RetryRules,
  outgoing: Outgoing,
): Promise<Attempt> {
  const { context: { signal }, method } = outgoing;
  const avoid = new Set<Subchannel>();
  const before: string[] = [];
  let backoffs = 0;
  for (;;) {
    const made = await attempt(path, rules, retry, outgoing, avoid, before.length);
    const failure = failureOf(made);
    if (failure === undefined) return finish(made, noteOf(before));
    const wait = waitAfter(failure, path, retry, outgoing, before.length + 1, backoffs);
    if (typeof wait !== "number") {
      if (wait.exhausted) currentScope().retriesExhausted();
      return finish(made, noteOf(before, wait.why));
    }
    if (!(made instanceof RpcError)) made.end();
    backoffs = failure.pushback === undefined ? backoffs + 1 : 0;
    const closing = path.closing.signal;
    await pause(wait, undefined, signal ? AbortSignal.any([signal, closing]) : closing).catch(() => {});
    if (signal?.aborted) throw at(method, cancelled(signal));
    if (closing.aborted) return finish(made, noteOf(before, CLOSED));
    // Meanwhile the caller's iterable has thrown.
    if (!outgoing.canRepeat) return finish(made, noteOf(before));
    before.push(failure.text);
  }
}

/** One attempt within its `perTryTimeout`. */
async function attempt(
  path: CallPath,
  rules: MethodRules,
  { perTryTimeout }: RetryRules,
  outgoing: Outgoing,
  avoid: Set<Subchannel>,
  previous: number,
): Promise<Made> {
  const { method, context: { signal, options } } = outgoing;
  const late = perTryTimeout === undefined ? undefined : new AbortController();
  const stop = late && after(perTryTimeout!, () => late.abort());
  const tooLate = () => late?.signal.aborted && !signal?.aborted;
  const text = `no response within ${perTryTimeout} ms (perTryTimeout)`;
  try {
    const made = await begin(path, rules, outgoing, {
      signal: late ? AbortSignal.any(signal ? [signal, late.signal] : [late.signal]) : signal,
      previous,
      avoid,
      onHeader(_, header) {
        stop?.();
        outgoing.forget();
        options.onHeader?.(header);
      },
    });
    if (tooLate() && !made.responded && made.status!.code === Status.CANCELLED) made.expire(text);
    return made;
  } catch (error) {
    if (tooLate()) return new RpcError(Status.UNAVAILABLE, text, { path: method.path, cause: error });
    if (error instanceof RpcError) return error;
    throw error;
  } finally {
    stop?.();
  }
}

/** Why there is no other attempt. */
interface Last {
  /** If that is worth a word. */
  readonly why?: string;
  /** Whether enough was tried, here or further down: the hops above are not to repeat it. */
  readonly exhausted?: true;
}

/** How many milliseconds to wait for the next attempt, if there is one. */
function waitAfter(
  failure: Failure,
  { budget, closing }: CallPath,
  retry: RetryRules,
  { lateAt, context: { signal }, canRepeat, isForRetry }: Outgoing,
  attempts: number,
  backoffs: number,
): number | Last {
  const { code, pushback } = failure;
  const never = pushback !== undefined && pushback < 0;
  if (never || retry.statuses.has(code)) budget.failed(failure.lost);
  if (never) return { why: "the server says so", exhausted: true };
  if (!retry.statuses.has(code) || signal?.aborted) return {};
  if (attempts >= retry.attempts) return { exhausted: true };
  if (isForRetry) return { why: "it is made for a call that is a retry" };
  if (closing.signal.aborted) return { why: CLOSED };
  if (!canRepeat) return { why: "too much was sent to send it again" };
  if (!budget.allows) return { why: "the retry budget is used up", exhausted: true };
  const wait = pushback ?? backoff(retry, backoffs);
  return lateAt !== undefined && performance.now() + wait >= lateAt ? { why: "the deadline is too near" } : wait;
}

/** Grows from attempt to attempt, give or take a fifth. */
function backoff({ backoff, backoffMultiplier, maxBackoff }: RetryRules, before: number): number {
  return Math.min(backoff * backoffMultiplier ** before, maxBackoff) * (0.8 + 0.4 * Math.random());
}
