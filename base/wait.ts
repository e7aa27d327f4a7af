import { after } from "./time.ts";

/**
 * Waits for a promise, but not longer than a time, nor after a signal has aborted. The work behind the promise goes on.
 *
 * @param ms The time, in milliseconds; Infinity for no limit.
 * @param onLate Returns the result, or throws the error, when the time has passed.
 * @param signal Ends the wait early.
 * @param onAbort Returns the result, or throws the error, when the signal has aborted. `onLate` by default.
 */
export async function within<T>(
  promise: Promise<T>,
  ms: number,
  onLate: () => T,
  signal?: AbortSignal,
  onAbort: () => T = onLate,
): Promise<T> {
  if (signal?.aborted) {
    promise.catch(() => {}); // nobody waits for it any more
    return onAbort();
  }
  const { promise: ended, resolve } = Promise.withResolvers<() => T>();
  const abort = () => resolve(onAbort);
  const stop = ms === Infinity ? undefined : after(ms, () => resolve(onLate));
  signal?.addEventListener("abort", abort);
  try {
    return await Promise.race([promise, ended.then((end) => end())]);
  } finally {
    stop?.();
    signal?.removeEventListener("abort", abort);
  }
}

/** Resolves after a time in milliseconds, or as soon as the signal aborts. */
export const sleep = (ms: number, signal?: AbortSignal): Promise<void> =>
  within(new Promise<void>(() => {}), ms, () => {}, signal);
