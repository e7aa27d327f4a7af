/** Gives an integer from 0 to below `end`. */
export type Random = (end: number) => number;

/**
 * Chance that comes again: the same seed gives the same numbers.
 *
 * @param seed Any integer.
 */
export function seeded(seed: number): Random {
  let state = seed >>> 0;
  return (end) => {
    // A linear congruential generator modulo 2^32, of which the upper bits are used.
    state = Math.imul(state, 1664525) + 1013904223 >>> 0;
    return Math.floor(state / 2 ** 32 * end);
  };
}

/** Octets that are almost those given: some changed, left out, put in, or there twice. */
export function mutate(given: Uint8Array, random: Random): Uint8Array {
  const octets = [...given];
  for (let changes = 1 + random(3); changes > 0; changes--) {
    const at = random(octets.length + 1);
    switch (random(5)) {
      case 0:
        octets[at] = random(256);
        break;
      case 1:
        octets.splice(at, 1 + random(4));
        break;
      case 2:
        octets.splice(at, 0, ...Array.from({ length: 1 + random(4) }, () => random(3) === 0 ? 0xff : random(256)));
        break;
      case 3:
        octets[at] = (octets[at] ?? 0) ^ 1 << random(8);
        break;
      default:
        octets.splice(at, 0, ...octets.slice(random(at + 1), at));
    }
  }
  return new Uint8Array(octets);
}
