import { BizError, RpcError } from "../../rpc/error.ts";
import type { Call, Next } from "../../rpc/middleware.ts";
import { Status } from "../../rpc/status.ts";
import type { BreakerRules, MethodRules } from "../../policy/rules.ts";
import type { Verdict } from "./breaker.ts";
import type { ClientContext } from "./responses.ts";
import type { CallPath } from "./shared_state.ts";
import { lateAtOf } from "./time_limit.ts";

/** What says that the service is not well. */
const FAILURES: ReadonlySet<Status> = new Set([
  Status.UNAVAILABLE,
  Status.DEADLINE_EXCEEDED,
  Status.INTERNAL,
  Status.UNKNOWN,
  Status.DATA_LOSS,
  Status.RESOURCE_EXHAUSTED,
]);

/** The way of a call behind its breaker: the rules that hold when it begins come with it. */
export type Guarded = (call: Call<ClientContext>, rules: MethodRules) => Promise<unknown>;

/** Puts the breaker of its method, if there is one, before a call with one response. */
export function breakOne(path: CallPath, next: Guarded): Next<ClientContext> {
  return (call) => {
    const rules = path.policy.method(call.method);
    return isGuarded(rules, call) ? guarded(path, call, rules, next) : next(call, rules);
  };
}

/** Puts it before a call with many responses. It counts as soon as the first one is there: a stream may go on for ever. */
export function breakMany(path: CallPath, next: Guarded): Next<ClientContext> {
  return (call) => {
    const rules = path.policy.method(call.method);
    return isGuarded(rules, call) ? Promise.resolve(guardedStream(path, call, rules, next)) : next(call, rules);
  };
}

/** A call whose time is over before it begins says nothing of the service. */
function isGuarded({ breaker }: MethodRules, { context }: Call<ClientContext>): boolean {
  if (breaker === undefined || context.signal?.aborted) return false;
  const lateAt = lateAtOf(context);
  return lateAt === undefined || lateAt > performance.now();
}

async function guarded(
  path: CallPath,
  call: Call<ClientContext>,
  rules: MethodRules,
  next: Guarded,
): Promise<unknown> {
  const leave = enter(path, call, rules.breaker!);
  try {
    const response = await next(call, rules);
    leave("succeeded");
    return response;
  } catch (error) {
    leave(verdictOf(error, call));
    throw error;
  }
}

async function* guardedStream(
  path: CallPath,
  call: Call<ClientContext>,
  rules: MethodRules,
  next: Guarded,
): AsyncGenerator<unknown, void> {
  const leave = enter(path, call, rules.breaker!);
  try {
    for await (const response of await next(call, rules) as AsyncIterable<unknown>) {
      leave("succeeded");
      yield response;
    }
    leave("succeeded");
  } catch (error) {
    leave(verdictOf(error, call));
    throw error;
  } finally {
    leave("unknown"); // nobody waits for its responses any more
  }
}

/** Lets a call through. What it returns tells the breaker how the call ended; only its first call counts. */
function enter(path: CallPath, { method }: Call<ClientContext>, rules: BreakerRules): (verdict: Verdict) => void {
  const breaker = path.breaker(method);
  const pass = breaker.enter(rules);
  if (typeof pass === "string") {
    throw new RpcError(Status.UNAVAILABLE, `the circuit breaker is open: ${pass}`, { path: method.path });
  }
  let left = false;
  return (verdict) => {
    if (left) return;
    left = true;
    breaker.leave(path.policy.method(method).breaker ?? rules, pass, verdict);
  };
}

function verdictOf(error: unknown, { context: { signal } }: Call<ClientContext>): Verdict {
  if (error instanceof BizError) return "succeeded";
  if (!(error instanceof RpcError) || error.code === Status.CANCELLED || signal?.aborted) return "unknown";
  return FAILURES.has(error.code) ? "failed" : "succeeded";
}
