import { after } from "./time.ts";

/**
 * Returns how long to wait before the next attempt: at least 100 ms, and at random up to a bound that doubles from 250
 * ms (full jitter). Clients therefore do not all retry at the same moment.
 *
 * @param failures How many attempts failed before the last one.
 * @param most The maximum, in milliseconds.
 * @returns Milliseconds.
 */
export function backoff(failures: number, most: number): number {
  return Math.max(100, Math.random() * Math.min(most, 250 * 2 ** failures));
}

/** Resolves after a time in milliseconds, or as soon as the signal aborts. */
export function sleep(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const end = () => {
      stop();
      signal.removeEventListener("abort", end);
      resolve();
    };
    const stop = after(ms, end);
    signal.addEventListener("abort", end);
  });
}
