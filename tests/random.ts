/**
 * Chance that comes again: the same seed gives the same numbers.
 *
 * @param seed Any integer.
 * @returns A function that gives an integer from 0 to below `end`.
 */
export function seeded(seed: number): (end: number) => number {
  let state = seed >>> 0;
  return (end) => {
    // A linear congruential generator modulo 2^32, of which the upper bits are used.
    state = Math.imul(state, 1664525) + 1013904223 >>> 0;
    return Math.floor(state / 2 ** 32 * end);
  };
}
