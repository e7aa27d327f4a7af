import { after } from "../base/time.ts";

/**
 * How long to wait before the next try: at random up to a bound that doubles from 250 ms (full jitter), so that many
 * clients don't come back at once. At least 100 ms.
 *
 * @param failures How many tries have failed before the last.
 * @param most The most, in milliseconds.
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
