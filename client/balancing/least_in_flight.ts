import type { Balancer } from "./balancer.ts";
import { random } from "./random.ts";

/**
 * Picks the instance with the fewest calls in flight for its weight, the new call included. Among idle instances it
 * picks at random, by weight. It is for calls that take long, and differ in it. While instances are busy, a pick looks
 * at all of them: O(n).
 *
 * An instance that fails fast has few calls in flight, and draws all calls to it. Leave the client's `outliers` on.
 *
 * @param chance Returns numbers from 0 to below 1. A seeded one makes tests repeatable.
 */
export function leastInFlight(chance: () => number = Math.random): Balancer {
  const any = random(chance);
  return {
    pick(candidates, call) {
      let chosen = any.pick(candidates, call);
      // By the ratio alone, the heaviest idle instance would get all calls.
      if (chosen.inFlight === 0) return chosen;
      let least = Infinity;
      let equals = 0;
      for (const candidate of candidates) {
        const load = (candidate.inFlight + 1) / candidate.weight;
        if (load > least) continue;
        equals = load < least ? 1 : equals + 1;
        least = load;
        if (equals === 1 || chance() * equals < 1) chosen = candidate;
      }
      return chosen;
    },
  };
}
