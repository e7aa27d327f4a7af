import { Excess } from "../misfit.ts";

/** So many entries, all in one bucket, cost no more than other values of their size do. A power of two. */
export const UNWATCHED_ENTRIES = 64;
/**
 * The steps along chains that setting an entry may take, on the average of a map. Keys that nobody has chosen take one
 * or two.
 */
const MAX_STEPS = 32;

/**
 * Finds maps whose keys were chosen so that they collide. V8 hashes strings with a secret seed, but not integers,
 * bigints, and strings that are the index of an array: whoever knows that can put all keys of a map into one bucket, so
 * that each costs as many steps as there are others. This counts those steps as V8 takes them.
 */
export class Chains {
  readonly #all = new Map<Map<unknown, unknown>, Buckets>();
  // The entries of a map come one after the other, unless somebody means evil.
  #lastMap: Map<unknown, unknown> | undefined;
  #last: Buckets | undefined;

  /** The buckets of a map. */
  of(map: Map<unknown, unknown>): Buckets {
    if (map === this.#lastMap) return this.#last!;
    let buckets = this.#all.get(map);
    if (buckets === undefined) this.#all.set(map, buckets = new Buckets());
    this.#lastMap = map;
    return this.#last = buckets;
  }
}

/**
 * The buckets of a Map, by how many keys are in each. V8 has twice as many entries as buckets at the most, and doubles
 * both.
 */
class Buckets {
  #counts = new Uint32Array(0);
  /** What the steps may still be. */
  #left = UNWATCHED_ENTRIES * MAX_STEPS;

  /**
   * Takes note that a key was set.
   *
   * @param hash What {@linkcode unseededHash} has for it.
   * @param isNew Whether it was not there before.
   * @throws {Excess} If the map's keys collide.
   */
  set(map: Map<unknown, unknown>, hash: number, isNew: boolean): void {
    const counts = this.#counts;
    if (map.size > counts.length * 2) return this.#count(map);
    const bucket = hash & counts.length - 1;
    this.#left += MAX_STEPS - counts[bucket]!;
    if (this.#left < 0) throw new Excess("has a map whose keys collide");
    if (isNew) counts[bucket]!++;
  }

  /** Makes room for twice as many keys, and counts those that are there. */
  #count(map: Map<unknown, unknown>): void {
    let length = UNWATCHED_ENTRIES / 2;
    while (length * 2 < map.size) length *= 2;
    this.#counts = new Uint32Array(length);
    for (const key of map.keys()) {
      const hash = unseededHash(key);
      if (hash >= 0) this.#counts[hash & length - 1]!++;
    }
  }
}

const HALVES = new Uint32Array(2);
const BIGINT = new BigUint64Array(HALVES.buffer);
const DOUBLE = new Float64Array(HALVES.buffer);
/** The text of an index of an array. */
const INDEX = /^(0|[1-9]\d{0,9})$/;

/** The hash that V8 has for a key, or as many of its bits as buckets need; -1 if it depends on the seed. */
export function unseededHash(key: unknown): number {
  if (typeof key === "string") {
    // Most keys are no numbers, as their first character shows.
    const isIndex = key.charCodeAt(0) <= 57 && INDEX.test(key) && Number(key) < 2 ** 32 - 1;
    return isIndex ? Number(key) & 0x3fff_ffff : -1;
  }
  if (typeof key === "bigint") {
    BIGINT[0] = key < 0n ? -key : key;
    return hash64(HALVES[1]!, HALVES[0]!);
  }
  if (typeof key !== "number") return -1;
  if ((key | 0) === key) return hash32(key);
  DOUBLE[0] = key;
  return hash64(HALVES[1]!, HALVES[0]!);
}

/** V8's `ComputeUnseededHash`. */
function hash32(key: number): number {
  let hash = ~key + (key << 15);
  hash ^= hash >>> 12;
  hash += hash << 2;
  hash ^= hash >>> 4;
  hash = Math.imul(hash, 2057);
  hash ^= hash >>> 16;
  return hash & 0x3fff_ffff;
}

/**
 * V8's `ComputeLongHash`: `h = ~h + (h << 18); h ^= h >> 31; h *= 21; h ^= h >> 11; h += h << 6; h ^= h >> 22`, here in
 * two halves.
 */
function hash64(high: number, low: number): number {
  let sum = (~low >>> 0) + (low << 18 >>> 0);
  high = (~high >>> 0) + ((high << 18 | low >>> 14) >>> 0) + (sum > 0xffff_ffff ? 1 : 0) >>> 0;
  low = sum >>> 0;
  low = (low ^ (high << 1 | low >>> 31)) >>> 0;
  high = (high ^ high >>> 31) >>> 0;
  sum = low * 21;
  high = high * 21 + Math.floor(sum / 2 ** 32) >>> 0;
  low = sum >>> 0;
  low = (low ^ (high << 21 | low >>> 11)) >>> 0;
  high = (high ^ high >>> 11) >>> 0;
  sum = low * 65;
  high = high * 65 + Math.floor(sum / 2 ** 32) >>> 0;
  low = sum >>> 0;
  return (low ^ (high << 10 | low >>> 22)) & 0x3fff_ffff;
}
