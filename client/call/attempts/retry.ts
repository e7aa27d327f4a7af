import { retryBackoff } from "../../../base/backoff.ts";
import { sleep } from "../../../base/wait.ts";
import { currentScope } from "../../../rpc/context.ts";
import { RpcError } from "../../../rpc/error.ts";
import { Status } from "../../../rpc/status.ts";
import { after } from "../../../base/time.ts";
import type { MethodRules, RetryRules } from "../../../policy/client_rules.ts";
import type { Subchannel } from "../../instances/subchannel.ts";
import { cancelled } from "../../instances/wait.ts";
import { withPath } from "../errors.ts";
import type { SharedState } from "../shared_state.ts";
import type { Attempt } from "./attempt.ts";
import { type AttemptResult, type Failure, failureOf, finish, noteOf } from "./attempt_result.ts";
import { makeAttempt } from "./make_attempt.ts";
import type { Outgoing } from "./outgoing.ts";

const CLOSED = "the client was closed";

/**
 * Makes attempts one after the other, until a response begins, an attempt fails for good, or the policy allows no
 * further attempt.
 *
 * @see https://github.com/grpc/proposal/blob/master/A6-client-retries.md#retry-policy
 */
export async function retried(
  shared: SharedState,
  rules: MethodRules,
  retry: RetryRules,
  outgoing: Outgoing,
): Promise<Attempt> {
  const { context: { signal }, method } = outgoing;
  const tried = new Set<Subchannel>();
  const earlier: string[] = [];
  let backoffs = 0;
  for (;;) {
    const result = await attempt(shared, rules, retry, outgoing, tried, earlier.length);
    const failure = failureOf(result);
    if (failure === undefined) return finish(result, noteOf(earlier));
    const next = nextAfter(failure, shared, retry, outgoing, earlier.length + 1, backoffs);
    if (typeof next !== "number") {
      if (next.exhausted) currentScope().retriesExhausted();
      return finish(result, noteOf(earlier, next.reason));
    }
    if (!(result instanceof RpcError)) result.end();
    backoffs = failure.pushback === undefined ? backoffs + 1 : 0;
    const closing = shared.closing.signal;
    await sleep(next, signal ? AbortSignal.any([signal, closing]) : closing);
    if (signal?.aborted) throw withPath(method, cancelled(signal));
    if (closing.aborted) return finish(result, noteOf(earlier, CLOSED));
    // The caller's iterable may have thrown during the pause.
    if (!outgoing.canRepeat) return finish(result, noteOf(earlier));
    earlier.push(failure.text);
  }
}

/** Makes one attempt within its `perTryTimeout`. */
async function attempt(
  shared: SharedState,
  rules: MethodRules,
  { perTryTimeout, statuses }: RetryRules,
  outgoing: Outgoing,
  tried: Set<Subchannel>,
  previous: number,
): Promise<AttemptResult> {
  const { method, context: { signal, options } } = outgoing;
  const timeout = perTryTimeout === undefined ? undefined : new AbortController();
  const stopTimer = timeout && after(perTryTimeout!, () => timeout.abort());
  const timedOut = () => timeout?.signal.aborted && !signal?.aborted;
  const text = `no response within ${perTryTimeout} ms (perTryTimeout)`;
  try {
    const result = await makeAttempt(shared, rules, outgoing, {
      signal: timeout ? AbortSignal.any(signal ? [signal, timeout.signal] : [timeout.signal]) : signal,
      previous,
      tried,
      expiresInSilence: statuses.has(Status.UNAVAILABLE),
      onHeader(header) {
        stopTimer?.();
        outgoing.forget();
        options.onHeader?.(header);
      },
    });
    if (timedOut() && !result.responded && result.status!.code === Status.CANCELLED) result.expire(text);
    return result;
  } catch (error) {
    if (timedOut()) {
      return new RpcError(Status.UNAVAILABLE, text, { path: method.path, cause: error, origin: "client" });
    }
    if (error instanceof RpcError) return error;
    throw error;
  } finally {
    stopTimer?.();
  }
}

/** Why there is no further attempt. */
interface NoMore {
  /** The reason, if the error should name it. */
  readonly reason?: string;
  /**
   * Whether the retries of this call, or of a call further down the chain, are exhausted. The caller must then not
   * retry.
   */
  readonly exhausted?: true;
}

/** The delay before the next attempt, in milliseconds, or why there is none. */
function nextAfter(
  failure: Failure,
  { budget, closing }: SharedState,
  retry: RetryRules,
  { lateAt, context: { signal }, canRepeat, isForRetry }: Outgoing,
  attempts: number,
  backoffs: number,
): number | NoMore {
  const { code, pushback } = failure;
  const forbidden = pushback !== undefined && pushback < 0;
  if (forbidden || retry.statuses.has(code)) budget.failed(failure.lost);
  if (forbidden) return { reason: "the server says so", exhausted: true };
  if (!retry.statuses.has(code) || signal?.aborted) return {};
  if (attempts >= retry.attempts) return { exhausted: true };
  if (isForRetry) return { reason: "it is made for a call that is a retry" };
  if (closing.signal.aborted) return { reason: CLOSED };
  if (!canRepeat) return { reason: "too much was sent to send it again" };
  if (!budget.allows) return { reason: "the retry budget is used up", exhausted: true };
  const wait = pushback ?? retryBackoff(backoffs, retry.backoff, retry.backoffMultiplier, retry.maxBackoff);
  return lateAt !== undefined && performance.now() + wait >= lateAt ? { reason: "the deadline is too near" } : wait;
}
