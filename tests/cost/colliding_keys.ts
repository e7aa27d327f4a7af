/**
 * Keys that V8 puts into one bucket of a Map. Its hash of integers has no seed and loses nothing, so it can be
 * calculated backwards.
 *
 * @module
 */

/** The low bits of the hash that all keys share: as many as the buckets of a Map with 131,072 entries need. */
const SHARED_BITS = 16;

/** Calculates with integers of `bits` bits. */
function ring(bits: bigint) {
  const wrap = (value: bigint) => BigInt.asUintN(Number(bits), value);
  return {
    wrap,
    /** Divides by an odd number: by Newton's method. */
    divide(value: bigint, by: bigint): bigint {
      let inverse = by;
      for (let i = 0; i < 6; i++) inverse = wrap(inverse * (2n - by * inverse));
      return wrap(value * inverse);
    },
    /** Undoes `h ^= h >> shift`. */
    unmix(value: bigint, shift: bigint): bigint {
      let found = value;
      for (let i = 0n; i < bits; i += shift) found = value ^ found >> shift;
      return found;
    },
  };
}

const [R32, R64] = [ring(32n), ring(64n)];

/** An integer of 32 bits, signed: another for each number below 65,536. */
export function collidingInt(i: number): number {
  let hash = R32.unmix(BigInt(i) << BigInt(SHARED_BITS), 16n);
  hash = R32.unmix(R32.divide(hash, 2057n), 4n);
  hash = R32.unmix(R32.divide(hash, 5n), 12n);
  return Number(BigInt.asIntN(32, R32.divide(hash + 1n, 2n ** 15n - 1n)));
}

/** The same for integers of 64 bits, unsigned, and for the bits of a double. */
export function collidingLong(i: number): bigint {
  let hash = R64.unmix(BigInt(i) << BigInt(SHARED_BITS), 22n);
  hash = R64.unmix(R64.divide(hash, 65n), 11n);
  hash = R64.unmix(R64.divide(hash, 21n), 31n);
  return R64.divide(hash + 1n, 2n ** 18n - 1n);
}

/** A text: V8's hash of an index of an array is the number. */
export const collidingText = (i: number): string => String(i << SHARED_BITS >>> 0);
