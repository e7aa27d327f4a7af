import type { Balancer } from "./balancer.ts";
import { random } from "./random.ts";

/**
 * The instance with the fewest calls in flight for its weight, with the new one; among idle ones one at random, by
 * weight. For calls that take long, and differ in it. A pick takes O(n) where instances are busy: it looks at all of
 * them.
 *
 * One that fails fast has few calls in flight and draws all calls to it: leave the client's `outliers` on.
 *
 * @param chance Gives numbers from 0 to below 1; one that repeats itself makes tests repeatable.
 */
export function leastInFlight(chance: () => number = Math.random): Balancer {
  const any = random(chance);
  return {
    pick(candidates, call) {
      const one = any.pick(candidates, call);
      // By the ratio alone, the heaviest of the idle ones would get all calls.
      if (one.inFlight === 0) return one;
      let chosen = one;
      let least = Infinity;
      let equals = 0;
      for (const other of candidates) {
        const load = (other.inFlight + 1) / other.weight;
        if (load > least) continue;
        equals = load < least ? 1 : equals + 1;
        least = load;
        if (equals === 1 || chance() * equals < 1) chosen = other;
      }
      return chosen;
    },
  };
}
