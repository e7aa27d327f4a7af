import type { BalancerInUse, Candidate } from "./balancer.ts";
import { WeightedChoice } from "./weighted_choice.ts";

/** How much slower is slow: less is noise, by which calls should not swing to and fro. */
const SLOW_RATIO = 2;

/**
 * The better of two taken at random ("power of two choices"): the one whose latency, times its calls in flight, is less
 * beside its weight. While instances have nothing to do and are about as fast, that is by weight. Calls leave an
 * instance that becomes slow at once. What is known of it fades then, so that it gets one call now and then, and its
 * share when it is well. One without a latency counts as fast as the other of the two: it gets calls, but no more than
 * others while it has not answered.
 *
 * One that fails fast looks good to it: leave the client's `outliers` on.
 *
 * @param chance Gives numbers from 0 to below 1; one that repeats itself makes tests repeatable.
 */
export function p2c(chance: () => number = Math.random): BalancerInUse {
  const choice = new WeightedChoice(chance);
  return {
    usesLatency: true,
    pick(candidates) {
      const place = choice.in(candidates);
      const one = candidates[place]!;
      if (candidates.length === 1) return one;
      // Any of the others: the last one stands in for the one that is taken.
      const any = Math.floor(chance() * (candidates.length - 1));
      const other = candidates[any === place ? candidates.length - 1 : any]!;
      // By cost alone, among idle ones the heaviest would get all calls, or the one that is faster by a hair.
      if (one.inFlight === 0 && time(one, other) <= SLOW_RATIO * time(other, one)) return one;
      return cost(one, other) <= cost(other, one) ? one : other;
    },
  };
}

/** One millisecond more, since differences of less are noise. */
const time = (one: Candidate, other: Candidate) => (one.latency ?? other.latency ?? 0) + 1;

const cost = (one: Candidate, other: Candidate) => time(one, other) * (one.inFlight + 1) / one.weight;
