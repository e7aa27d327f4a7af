import type { BalancerInUse, Candidate } from "./balancer.ts";
import { WeightedChoice } from "./weighted_choice.ts";

/**
 * An instance is slow from this ratio of latencies on. Smaller ratios are noise, which must not make calls swing to and
 * fro.
 */
const SLOW_RATIO = 2;

/**
 * Draws two instances at random and picks the better one ("power of two choices"): the one with the lower product of
 * latency and calls in flight for its weight. While instances are idle and about as fast, it picks by weight.
 *
 * Calls leave an instance that becomes slow at once. Its latency decays, so it gets a call now and then, and its share
 * when it has recovered. An instance without a latency counts as fast as the other one of the two: it gets calls, but
 * no more than others before it has answered.
 *
 * An instance that fails fast looks fast. Leave the client's `outliers` on.
 *
 * @param chance Returns numbers from 0 to below 1. A seeded one makes tests repeatable.
 */
export function p2c(chance: () => number = Math.random): BalancerInUse {
  const choice = new WeightedChoice(chance);
  return {
    usesLatency: true,
    pick(candidates) {
      const index = choice.in(candidates);
      const first = candidates[index]!;
      if (candidates.length === 1) return first;
      // Draws from all but the first: the last candidate takes its place.
      const drawn = Math.floor(chance() * (candidates.length - 1));
      const second = candidates[drawn === index ? candidates.length - 1 : drawn]!;
      // Without this rule, the heaviest or a marginally faster idle instance would get all calls.
      if (first.inFlight === 0 && time(first, second) <= SLOW_RATIO * time(second, first)) return first;
      return cost(first, second) <= cost(second, first) ? first : second;
    },
  };
}

/** The latency, or the rival's if there is none. A millisecond is added, because smaller differences are noise. */
const time = (candidate: Candidate, rival: Candidate) => (candidate.latency ?? rival.latency ?? 0) + 1;

const cost = (candidate: Candidate, rival: Candidate) =>
  time(candidate, rival) * (candidate.inFlight + 1) / candidate.weight;
