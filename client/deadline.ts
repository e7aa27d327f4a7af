import { RpcError } from "../rpc/error.ts";
import { Status } from "../rpc/status.ts";
import { LONGEST_TIMER } from "../transport/limits.ts";

/**
 * Waits for `promise`, but not past `deadline` nor after `signal` aborts. What is waited for goes on: it may serve others.
 *
 * @param what What it is, for the text of DEADLINE_EXCEEDED: `"there was a connection to echo"`.
 * @param deadline Milliseconds since 1970; undefined for no limit.
 * @throws {RpcError} DEADLINE_EXCEEDED or CANCELLED.
 */
export async function waitFor<T>(
  promise: Promise<T>,
  what: string,
  deadline?: number,
  signal?: AbortSignal,
): Promise<T> {
  promise.catch(() => {}); // it may fail when nobody waits any more
  if (signal?.aborted) throw cancelled(signal);
  if (deadline === undefined && signal === undefined) return await promise;
  const { promise: given, reject } = Promise.withResolvers<never>();
  const onAbort = () => reject(cancelled(signal!));
  const late = () => reject(new RpcError(Status.DEADLINE_EXCEEDED, `the deadline passed before ${what}`));
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
  await waitFor(promise, "a pause was over", deadline, signal).finally(() => clearTimeout(timer));
}

/** The error of a call whose signal aborted. */
export function cancelled(signal: AbortSignal): RpcError {
  const { reason } = signal;
  if (reason instanceof RpcError) return reason;
  return new RpcError(Status.CANCELLED, "the caller gave up", { cause: reason });
}
