/**
 * What is made of several rounds.
 *
 * @module
 */

/** The middle of some numbers, between the two middle ones where they are even; NaN of none. */
export function median(numbers: readonly number[]): number {
  const sorted = [...numbers].sort((a, b) => a - b);
  const middle = (sorted.length - 1) / 2;
  return (sorted[Math.floor(middle)]! + sorted[Math.ceil(middle)]!) / 2;
}

/** A number for a table: three significant digits, thousands separated; "-" if it is none. */
export function show(value: number): string {
  if (!Number.isFinite(value)) return "-";
  return new Intl.NumberFormat("en-US", { maximumSignificantDigits: Math.abs(value) < 1000 ? 3 : 15 })
    .format(Math.abs(value) < 1000 ? value : Math.round(value));
}
