/** Milliseconds in each unit of `grpc-timeout`. */
const UNITS: Readonly<Record<string, number>> = { n: 1e-6, u: 1e-3, m: 1, S: 1000, M: 60_000, H: 3_600_000 };
const MAX_TIMEOUT_VALUE = 99_999_999;

/**
 * Parses the value of `grpc-timeout`.
 *
 * @returns Milliseconds, or undefined if the value is invalid.
 * @see https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md#requests
 */
export function parseTimeout(text: string): number | undefined {
  if (!/^\d{1,8}[HMSmun]$/.test(text)) return undefined;
  return Number(text.slice(0, -1)) * UNITS[text.at(-1)!]!;
}

/** The maximum rounding error of the difference of two times, in milliseconds. */
const INEXACT_MS = 1e-3;

/** Formats a timeout in milliseconds, in the finest unit that fits into eight digits, rounded up. */
export function formatTimeout(milliseconds: number): string {
  const left = Math.max(Math.ceil(milliseconds - INEXACT_MS), 1);
  if (left <= MAX_TIMEOUT_VALUE) return `${left}m`;
  const seconds = Math.ceil(left / 1000);
  return seconds <= MAX_TIMEOUT_VALUE ? `${seconds}S` : `${Math.min(Math.ceil(seconds / 3600), MAX_TIMEOUT_VALUE)}H`;
}
