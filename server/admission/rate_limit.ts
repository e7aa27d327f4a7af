import type { RateRules } from "../../policy/server_rules.ts";

/** How many callers are told apart. */
const MAX_CALLERS = 10_000;
/** How many old ones are looked at when there is no room for a new one. */
const CALLERS_PER_SWEEP = 8;
/** Those for whom there is no room. No caller has this name: it is longer than any. */
const STRANGERS = "the callers beyond";

/**
 * Buckets of tokens, one for each caller. A bucket is one number: when it will be full again (the generic cell rate
 * algorithm). A full one need not be kept, so that callers who come and go leave nothing behind.
 */
export class RateLimit {
  readonly rules: RateRules;
  /** When each is full. Those that were used last are the last. */
  readonly #full = new Map<string, number>();
  /** Milliseconds for a token, and for all that an empty bucket lacks. */
  readonly #token: number;
  readonly #depth: number;
  readonly #capacity: number;

  constructor(rules: RateRules, capacity: number = MAX_CALLERS) {
    this.rules = rules;
    this.#token = 1000 / rules.rate;
    this.#depth = this.#token * rules.burst;
    this.#capacity = capacity;
  }

  /** How many buckets are kept. */
  get size(): number {
    return this.#full.size;
  }

  /**
   * Takes a token.
   *
   * @param caller Whose bucket it is.
   * @param now Milliseconds.
   * @returns 0, or after how many milliseconds there will be one.
   */
  take(caller: string, now: number): number {
    let full = this.#full.get(caller);
    if (full === undefined && this.#full.size >= this.#capacity && !this.#sweep(now)) {
      caller = STRANGERS;
      full = this.#full.get(caller);
    }
    const after = Math.max(full ?? now, now) + this.#token;
    // Sums of fractions are a little off.
    const missing = after - now - this.#depth;
    if (missing > 1e-6) return missing;
    // With one bucket there is no order to keep.
    if (full !== undefined && this.#full.size > 1) this.#full.delete(caller);
    this.#full.set(caller, after);
    return 0;
  }

  /** Makes room, if one of the oldest is full. Those that are not go behind the others, so that each gets its turn. */
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
