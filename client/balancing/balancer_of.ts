import type { BalancerName } from "../../policy/policy.ts";
import type { Balancer, BalancerInUse } from "./balancer.ts";
import { consistentHash } from "./consistent_hash.ts";
import { leastInFlight } from "./least_in_flight.ts";
import { p2c } from "./p2c.ts";
import { pickFirst } from "./pick_first.ts";
import { random } from "./random.ts";
import { weightedRoundRobin } from "./weighted_round_robin.ts";

const FACTORIES: Record<BalancerName, () => BalancerInUse> = {
  weighted_round_robin: weightedRoundRobin,
  random,
  p2c,
  least_in_flight: leastInFlight,
  consistent_hash: consistentHash,
  pick_first: pickFirst,
};

/** Makes the built-in balancer of a name. */
export function balancerOf(name: BalancerName): BalancerInUse {
  return FACTORIES[name]();
}

/**
 * Makes a balancer of the caller's own one. It checks what that picks: a call that went on without an instance would
 * wait for ever. It may read latencies, so calls are timed for it.
 */
export function customBalancer(own: Balancer): BalancerInUse {
  return {
    usesLatency: true,
    pick(candidates, call) {
      const picked = own.pick(candidates, call);
      if (candidates.includes(picked)) return picked;
      throw new TypeError("createClient: balancer.pick() returned none of its candidates; return one of them, no copy");
    },
  };
}
