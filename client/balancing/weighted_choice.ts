import type { Candidate } from "./balancer.ts";

/**
 * How often a draw is repeated that hit an instance in slow start. With a tenth of its weight, an instance is taken
 * after 10 draws on average.
 */
const MAX_DRAWS = 100;

/**
 * Chooses at random, by weight, in O(log n). It keeps the sums of the full weights for as long as it gets the same
 * array. An instance in slow start is taken with a probability of its weight to its full weight.
 */
export class WeightedChoice {
  readonly #chance: () => number;
  #list: readonly Candidate[] | undefined;
  /** The sum of the full weights up to each index, which is included. */
  #sums = new Float64Array();

  /** @param chance Returns numbers from 0 to below 1. */
  constructor(chance: () => number) {
    this.#chance = chance;
  }

  /** A random index of the array. */
  in(candidates: readonly Candidate[]): number {
    if (candidates !== this.#list) this.#add(candidates);
    let index = 0;
    for (let draws = 0; draws < MAX_DRAWS; draws++) {
      index = this.#search(this.#chance() * this.#sums.at(-1)!);
      const { weight, fullWeight } = candidates[index]!;
      if (weight >= fullWeight || this.#chance() * fullWeight < weight) break;
    }
    return index;
  }

  #add(candidates: readonly Candidate[]): void {
    this.#list = candidates;
    this.#sums = new Float64Array(candidates.length);
    let sum = 0;
    for (let i = 0; i < candidates.length; i++) this.#sums[i] = sum += candidates[i]!.fullWeight;
  }

  /** The first index whose sum is above a number. */
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
