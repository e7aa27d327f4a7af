import type { Balancer, Candidate } from "./balancer.ts";
import { random } from "./random.ts";

/**
 * One instance for all calls, for as long as it is there: for a service that leads or locks. Each client begins with
 * one at random, by weight, and takes another at random when it has gone, or when a call that failed there is tried
 * again.
 *
 * @param chance Gives numbers from 0 to below 1; one that repeats itself makes tests repeatable.
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
