import { BizError, RpcError } from "../../rpc/error.ts";
import type { Call } from "../../rpc/middleware.ts";
import { Status } from "../../rpc/status.ts";
import type { BreakerRules } from "../../policy/client_rules.ts";
import { INSTANCE_FAILURES } from "../instances/failure_statuses.ts";
import type { Verdict } from "./breaker.ts";
import type { ClientContext } from "./context.ts";
import type { SharedState } from "./shared_state.ts";
import { lateAtOf } from "./time_limit.ts";

/** The statuses that count as failures of the service. */
const FAILURES: ReadonlySet<Status> = new Set([...INSTANCE_FAILURES, Status.RESOURCE_EXHAUSTED]);

/** Tells the breaker how a call ended. Only its first call counts. */
export type LeaveBreaker = (verdict: Verdict) => void;

/**
 * Lets a call pass the breaker of its method.
 *
 * @param rules The rules when the call begins; undefined if the method has no breaker.
 * @returns Undefined if no breaker counts the call.
 * @throws {RpcError} UNAVAILABLE if the breaker is open.
 */
export function enterBreaker(
  shared: SharedState,
  { method, context }: Call<ClientContext>,
  rules: BreakerRules | undefined,
): LeaveBreaker | undefined {
  // A call that is over before it begins says nothing of the service.
  if (rules === undefined || isOver(context)) return undefined;
  const breaker = shared.breaker(method);
  const pass = breaker.enter(rules);
  if (typeof pass === "string") {
    const text = `the circuit breaker is open: ${pass}`;
    throw new RpcError(Status.UNAVAILABLE, text, { path: method.path, origin: "breaker" });
  }
  let left = false;
  return (verdict) => {
    if (left) return;
    left = true;
    breaker.leave(shared.policy.method(method).breaker ?? rules, pass, verdict);
  };
}

/** What the error of a call says of the service. */
export function verdictOf(error: unknown, { context: { signal } }: Call<ClientContext>): Verdict {
  if (error instanceof BizError) return "succeeded";
  if (!(error instanceof RpcError) || error.code === Status.CANCELLED || signal?.aborted) return "unknown";
  return FAILURES.has(error.code) ? "failed" : "succeeded";
}

function isOver(context: ClientContext): boolean {
  if (context.signal?.aborted) return true;
  const lateAt = lateAtOf(context);
  return lateAt !== undefined && lateAt <= performance.now();
}
