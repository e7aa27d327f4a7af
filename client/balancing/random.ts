import type { Balancer } from "./balancer.ts";
import { WeightedChoice } from "./weighted_choice.ts";

/**
 * One at random, by weight: nothing is remembered, so that clients never fall into step.
 *
 * @param chance Gives numbers from 0 to below 1; one that repeats itself makes tests repeatable.
 */
export function random(chance: () => number = Math.random): Balancer {
  const choice = new WeightedChoice(chance);
  return { pick: (candidates) => candidates[choice.in(candidates)]! };
}
