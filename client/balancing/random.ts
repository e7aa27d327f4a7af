import type { Balancer, Candidate } from "./balancer.ts";

/**
 * One at random, by weight: nothing is remembered, so that clients never fall into step.
 *
 * @param chance Gives numbers from 0 to below 1; one that repeats itself makes tests repeatable.
 */
export function random(chance: () => number = Math.random): Balancer {
  let list: readonly Candidate[] | undefined;
  let heaviest = 0;
  return {
    pick(candidates) {
      if (candidates !== list) {
        list = candidates;
        heaviest = candidates.reduce((most, { instance }) => Math.max(most, instance.weight), 0);
      }
      // Any of them, but taken only with the chance of its weight beside the heaviest: no sum to keep while weights grow.
      for (;;) {
        const one = candidates[Math.floor(chance() * candidates.length)]!;
        if (chance() * heaviest < one.weight) return one;
      }
    },
  };
}
