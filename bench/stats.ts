/**
 * Statistics over several rounds.
 *
 * @module
 */

/** Returns the median of some numbers: the mean of the two middle ones for an even count, NaN for none. */
export function median(numbers: readonly number[]): number {
  const sorted = [...numbers].sort((a, b) => a - b);
  const middle = (sorted.length - 1) / 2;
  return (sorted[Math.floor(middle)]! + sorted[Math.ceil(middle)]!) / 2;
}

/** Formats a number for a table, with three significant digits and thousands separators; "-" for NaN. */
export function show(value: number): string {
  if (!Number.isFinite(value)) return "-";
  return new Intl.NumberFormat("en-US", { maximumSignificantDigits: Math.abs(value) < 1000 ? 3 : 15 })
    .format(Math.abs(value) < 1000 ? value : Math.round(value));
}
