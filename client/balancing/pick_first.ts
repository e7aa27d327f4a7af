import type { Balancer, Candidate } from "./balancer.ts";
import { random } from "./random.ts";

/**
 * Picks the same instance for all calls, for as long as it takes calls: for services that lead or lock. Each client
 * starts with a random instance, by weight. It changes to another random one when the instance has gone. The retry of a
 * call goes to another instance.
 *
 * @param chance Returns numbers from 0 to below 1. A seeded one makes tests repeatable.
 */
export function pickFirst(chance: () => number = Math.random): Balancer {
  const any = random(chance);
  let list: readonly Candidate[] | undefined;
  let chosen: Candidate | undefined;
  return {
    pick<T extends Candidate>(candidates: readonly T[]): T {
      if (candidates !== list) {
        list = candidates;
        if (chosen === undefined || !list.includes(chosen)) chosen = any.pick(candidates, {});
      }
      return chosen as T;
    },
  };
}
