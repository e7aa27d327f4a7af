import { after } from "../../base/time.ts";
import { RpcError } from "../../rpc/error.ts";
import { Status } from "../../rpc/status.ts";

/**
 * Waits for `promise`, but not past `lateAt` nor after `signal` aborts. The work behind the promise goes on: it may
 * serve other calls.
 *
 * @param event What the caller waits for, for the text of DEADLINE_EXCEEDED: `"there was a connection to echo"`.
 * @param lateAt In milliseconds of `performance.now()`; undefined for no limit.
 * @throws {RpcError} DEADLINE_EXCEEDED or CANCELLED.
 */
export async function waitFor<T>(
  promise: Promise<T>,
  event: string,
  lateAt?: number,
  signal?: AbortSignal,
): Promise<T> {
  promise.catch(() => {}); // it may reject when nobody waits any more
  if (signal?.aborted) throw cancelled(signal);
  if (lateAt === undefined && signal === undefined) return await promise;
  const { promise: limit, reject } = Promise.withResolvers<never>();
  const onAbort = () => reject(cancelled(signal!));
  const onLate = () => reject(new RpcError(Status.DEADLINE_EXCEEDED, `the deadline passed before ${event}`));
  signal?.addEventListener("abort", onAbort);
  const stopTimer = lateAt === undefined ? undefined : after(Math.max(lateAt - performance.now(), 0), onLate);
  try {
    return await Promise.race([promise, limit]);
  } finally {
    stopTimer?.();
    signal?.removeEventListener("abort", onAbort);
  }
}

/**
 * Waits for a time in milliseconds, but not past `lateAt` nor after `signal` aborts.
 *
 * @throws {RpcError} DEADLINE_EXCEEDED or CANCELLED.
 */
export async function pause(ms: number, lateAt?: number, signal?: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const stopTimer = after(ms, resolve);
  await waitFor(promise, "a pause was over", lateAt, signal).finally(stopTimer);
}

/** The error of a call whose signal has aborted. */
export function cancelled(signal: AbortSignal): RpcError {
  const { reason } = signal;
  if (reason instanceof RpcError) return reason;
  return new RpcError(Status.CANCELLED, "the caller gave up", { cause: reason });
}
