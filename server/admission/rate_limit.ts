import type { RateRules } from "../../policy/server_rules.ts";

/** The maximum number of callers with a bucket of their own. */
const MAX_CALLERS = 10_000;
/** The number of buckets that are checked for removal when there is no room for a new caller. */
const CALLERS_PER_SWEEP = 8;
/**
 * The name of the bucket that callers without a bucket of their own share. Names from `callerOf` are empty, begin with
 * = or @, or are an address, so no caller has this name.
 */
const SHARED_BUCKET = "the callers beyond";

/**
 * Token buckets, one for each caller. A bucket is one number: the time when it will be full again (generic cell rate
 * algorithm). Full buckets are not kept, so that callers who do not return take no memory.
 */
export class RateLimit {
  readonly rules: RateRules;
  /** The time when each bucket is full, in milliseconds. The most recently used bucket is last. */
  readonly #full = new Map<string, number>();
  /** The time to refill one token, and the time to refill an empty bucket, in milliseconds. */
  readonly #token: number;
  readonly #depth: number;
  readonly #capacity: number;

  constructor(rules: RateRules, capacity: number = MAX_CALLERS) {
    this.rules = rules;
    this.#token = 1000 / rules.rate;
    this.#depth = this.#token * rules.burst;
    this.#capacity = capacity;
  }

  /** The number of buckets. */
  get size(): number {
    return this.#full.size;
  }

  /**
   * Takes a token.
   *
   * @param caller The caller whose bucket is used.
   * @param now The time of the clock, in milliseconds.
   * @returns 0 if a token was taken; otherwise the time until there is one, in milliseconds.
   */
  take(caller: string, now: number): number {
    let full = this.#full.get(caller);
    if (full === undefined && this.#full.size >= this.#capacity && !this.#sweep(now)) {
      caller = SHARED_BUCKET;
      full = this.#full.get(caller);
    }
    const after = Math.max(full ?? now, now) + this.#token;
    // The tolerance covers rounding errors of the sums.
    const missing = after - now - this.#depth;
    if (missing > 1e-6) return missing;
    // The order does not matter with a single bucket.
    if (full !== undefined && this.#full.size > 1) this.#full.delete(caller);
    this.#full.set(caller, after);
    return 0;
  }

  /**
   * Removes the full ones among the oldest buckets. The others move to the end, so that the next sweep checks different
   * buckets. Returns whether any was removed.
   */
  #sweep(now: number): boolean {
    let looked = 0, found = false;
    for (const [caller, full] of this.#full) {
      if (looked++ === CALLERS_PER_SWEEP) break;
      this.#full.delete(caller);
      if (full <= now) found = true;
      else this.#full.set(caller, full);
    }
    return found;
  }
}
