import type { Candidate } from "./balancer.ts";

/**
 * How often one that starts slowly may be passed over: one with a tenth of its weight is taken in 10 tries, as like as
 * not.
 */
const MAX_DRAWS = 100;

/**
 * Chooses at random, by weight, in O(log n). What is kept of a list holds as long as its full weights do: one that
 * starts slowly is taken with the chance of its weight beside its full one.
 */
export class WeightedChoice {
  readonly #chance: () => number;
  #list: readonly Candidate[] | undefined;
  /** The full weights up to each place, itself included. */
  #sums = new Float64Array();

  /** @param chance Gives numbers from 0 to below 1. */
  constructor(chance: () => number) {
    this.#chance = chance;
  }

  /** A place in the list. */
  in(candidates: readonly Candidate[]): number {
    if (candidates !== this.#list) this.#add(candidates);
    let place = 0;
    for (let tries = 0; tries < MAX_DRAWS; tries++) {
      place = this.#search(this.#chance() * this.#sums.at(-1)!);
      const { weight, fullWeight } = candidates[place]!;
      if (weight >= fullWeight || this.#chance() * fullWeight < weight) break;
    }
    return place;
  }

  #add(candidates: readonly Candidate[]): void {
    this.#list = candidates;
    this.#sums = new Float64Array(candidates.length);
    let sum = 0;
    for (let i = 0; i < candidates.length; i++) this.#sums[i] = sum += candidates[i]!.fullWeight;
  }

  /** The first place whose sum is above a number. */
  #search(above: number): number {
    const sums = this.#sums;
    let low = 0, high = sums.length - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (sums[middle]! > above) high = middle;
      else low = middle + 1;
    }
    return low;
  }
}
