import type { BalancerName } from "../../policy/policy.ts";
import type { Balancer } from "./balancer.ts";
import { consistentHash } from "./consistent_hash.ts";
import { leastInFlight } from "./least_in_flight.ts";
import { p2c } from "./p2c.ts";
import { pickFirst } from "./pick_first.ts";
import { random } from "./random.ts";
import { weightedRoundRobin } from "./weighted_round_robin.ts";

const FACTORIES: Record<BalancerName, () => Balancer> = {
  weighted_round_robin: weightedRoundRobin,
  random,
  p2c,
  least_in_flight: leastInFlight,
  consistent_hash: consistentHash,
  pick_first: pickFirst,
};

/** A new balancer of that name. */
export function balancerOf(name: BalancerName): Balancer {
  return FACTORIES[name]();
}

/** One of the caller's own: what it picks is checked, since a call that goes on without an instance would wait for ever. */
export function ownBalancer(own: Balancer): Balancer {
  return {
    pick(candidates, call) {
      const one = own.pick(candidates, call);
      if (candidates.includes(one)) return one;
      throw new TypeError("createClient: balancer.pick() returned none of its candidates; return one of them, no copy");
    },
  };
}
