import type { BalancerName } from "../../policy/policy.ts";
import type { Balancer, BalancerInUse } from "./balancer.ts";
import { consistentHash } from "./consistent_hash.ts";
import { leastInFlight } from "./least_in_flight.ts";
import { p2c } from "./p2c.ts";
import { pickFirst } from "./pick_first.ts";
import { random } from "./random.ts";
import { weightedRoundRobin } from "./weighted_round_robin.ts";

// A new name also needs an entry in BalancerName (policy/policy.ts) and in BALANCERS (policy/client_fields.ts).
const FACTORIES: Record<BalancerName, () => BalancerInUse> = {
  weighted_round_robin: weightedRoundRobin,
  random,
  p2c,
  least_in_flight: leastInFlight,
  consistent_hash: consistentHash,
  pick_first: pickFirst,
};

/** Creates the built-in balancer of a name. */
export function balancerOf(name: BalancerName): BalancerInUse {
  return FACTORIES[name]();
}

/**
 * Wraps a balancer of the application. The wrapper checks the picked instance: a call without an instance would wait
 * for ever. Every call is timed, as the balancer may read latencies.
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
