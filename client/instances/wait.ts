import { sleep, within } from "../../base/wait.ts";
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
export function waitFor<T>(
  promise: Promise<T>,
  event: string,
  lateAt: number = Infinity,
  signal?: AbortSignal,
): Promise<T> {
  return within(
    promise,
    Math.max(lateAt - performance.now(), 0),
    () => {
      throw new RpcError(Status.DEADLINE_EXCEEDED, `the deadline passed before ${event}`, { origin: "connection" });
    },
    signal,
    () => {
      throw cancelled(signal!);
    },
  );
}

/**
 * Waits for a time in milliseconds, but not past `lateAt` nor after `signal` aborts.
 *
 * @throws {RpcError} DEADLINE_EXCEEDED or CANCELLED.
 */
export async function pause(ms: number, lateAt?: number, signal?: AbortSignal): Promise<void> {
  const over = new AbortController();
  await waitFor(sleep(ms, over.signal), "a pause was over", lateAt, signal).finally(() => over.abort());
}

/** The error of a call whose signal has aborted. */
export function cancelled(signal: AbortSignal): RpcError {
  const { reason } = signal;
  if (reason instanceof RpcError) return reason;
  return new RpcError(Status.CANCELLED, "the caller gave up", { cause: reason });
}
