/** The shortest backoff of {@linkcode backoff}. */
export const MIN_BACKOFF_MS = 100;
const FIRST_BOUND_MS = 250;

/**
 * Returns how long to wait before the next attempt to reach something: at least 100 ms, and at random up to a bound
 * that doubles from 250 ms (full jitter). Clients therefore do not all retry at the same moment.
 *
 * @param failures How many attempts failed before the last one.
 * @param most The maximum, in milliseconds.
 * @returns Milliseconds.
 */
export const backoff = (failures: number, most: number): number =>
  Math.max(MIN_BACKOFF_MS, Math.random() * Math.min(most, FIRST_BOUND_MS * 2 ** failures));

/**
 * Returns how long to wait before a call is retried: it grows from attempt to attempt, with a jitter of a fifth.
 *
 * @param failures How many attempts failed before the last one.
 * @returns Milliseconds.
 * @see https://github.com/grpc/proposal/blob/master/A6-client-retries.md#exponential-backoff
 */
export const retryBackoff = (failures: number, first: number, multiplier: number, most: number): number =>
  Math.min(first * multiplier ** failures, most) * (0.8 + 0.4 * Math.random());
