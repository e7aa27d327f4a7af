import type { Balancer } from "./balancer.ts";
import { WeightedChoice } from "./weighted_choice.ts";

/**
 * Picks an instance at random, by weight. It keeps no state, so clients never fall into step.
 *
 * @param chance Returns numbers from 0 to below 1. A seeded one makes tests repeatable.
 */
export function random(chance: () => number = Math.random): Balancer {
  const choice = new WeightedChoice(chance);
  return { pick: (candidates) => candidates[choice.in(candidates)]! };
}
