import { RpcError } from "../rpc/error.ts";
import { Status } from "../rpc/status.ts";
import { LONGEST_TIMER } from "../transport/limits.ts";

/**
 * Waits for `promise`, but not past `deadline` nor after `signal` aborts. What is waited for goes on: it may serve others.
 *
 * @param deadline Milliseconds since 1970; undefined for no limit.
 * @param what The text of DEADLINE_EXCEEDED.
 * @throws {RpcError} DEADLINE_EXCEEDED or CANCELLED.
 */
export async function waitFor<T>(
  promise: Promise<T>,
  deadline?: number,
  signal?: AbortSignal,
  what = "the deadline passed before a connection was there",
): Promise<T> {
  promise.catch(() => {}); // it may fail when nobody waits any more
  if (signal?.aborted) throw cancelled(signal);
  if (deadline === undefined && signal === undefined) return await promise;
  const { promise: given, reject } = Promise.withResolvers<never>();
  const onAbort = () => reject(cancelled(signal!));
  const late = () => reject(new RpcError(Status.DEADLINE_EXCEEDED, what));
  signal?.addEventListener("abort", onAbort);
  const timer = deadline === undefined
    ? undefined
    : setTimeout(late, Math.min(Math.max(deadline - Date.now(), 0), LONGEST_TIMER));
  try {
    return await Promise.race([promise, given]);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", onAbort);
  }
}

/**
 * Waits so long, but not past `deadline` nor after `signal` aborts.
 *
 * @throws {RpcError} DEADLINE_EXCEEDED or CANCELLED.
 */
export async function pause(ms: number, deadline?: number, signal?: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, Math.min(ms, LONGEST_TIMER));
  await waitFor(promise, deadline, signal, "the deadline passed").finally(() => clearTimeout(timer));
}

/** The error of a call whose signal aborted. */
export function cancelled(signal: AbortSignal): RpcError {
  const { reason } = signal;
  if (reason instanceof RpcError) return reason;
  return new RpcError(Status.CANCELLED, "the caller gave up", { cause: reason });
}
