/** A source of numbers that gives the same ones for the same seed (mulberry32). */
export class Random {
  #state: number;

  /** @param seed Any number. */
  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** An integer from 0 to `below` - 1. */
  below(below: number): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(this.#state ^ this.#state >>> 15, this.#state | 1);
    mixed ^= mixed + Math.imul(mixed ^ mixed >>> 7, mixed | 61);
    return Math.floor(((mixed ^ mixed >>> 14) >>> 0) / 2 ** 32 * below);
  }

  /** One of them. */
  pick<T>(all: readonly T[]): T {
    return all[this.below(all.length)]!;
  }
}
