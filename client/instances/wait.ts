import { RpcError } from "../../rpc/error.ts";
import { Status } from "../../rpc/status.ts";
import { after } from "../../base/time.ts";

/**
 * Waits for `promise`, but not past `lateAt` nor after `signal` aborts. What is waited for goes on: it may serve
 * others.
 *
 * @param what What it is, for the text of DEADLINE_EXCEEDED: `"there was a connection to echo"`.
 * @param lateAt In milliseconds of `performance.now()`; undefined for no limit.
 * @throws {RpcError} DEADLINE_EXCEEDED or CANCELLED.
 */
export async function waitFor<T>(
  promise: Promise<T>,
  what: string,
  lateAt?: number,
  signal?: AbortSignal,
): Promise<T> {
  promise.catch(() => {}); // it may fail when nobody waits any more
  if (signal?.aborted) throw cancelled(signal);
  if (lateAt === undefined && signal === undefined) return await promise;
  const { promise: given, reject } = Promise.withResolvers<never>();
  const onAbort = () => reject(cancelled(signal!));
  const late = () => reject(new RpcError(Status.DEADLINE_EXCEEDED, `the deadline passed before ${what}`));
  signal?.addEventListener("abort", onAbort);
  const stop = lateAt === undefined ? undefined : after(Math.max(lateAt - performance.now(), 0), late);
  try {
    return await Promise.race([promise, given]);
  } finally {
    stop?.();
    signal?.removeEventListener("abort", onAbort);
  }
}

/**
 * Waits so long, but not past `lateAt` nor after `signal` aborts.
 *
 * @throws {RpcError} DEADLINE_EXCEEDED or CANCELLED.
 */
export async function pause(ms: number, lateAt?: number, signal?: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const stop = after(ms, resolve);
  await waitFor(promise, "a pause was over", lateAt, signal).finally(stop);
}

/** The error of a call whose signal aborted. */
export function cancelled(signal: AbortSignal): RpcError {
  const { reason } = signal;
  if (reason instanceof RpcError) return reason;
  return new RpcError(Status.CANCELLED, "the caller gave up", { cause: reason });
}
