import { assert, assertEquals } from "@std/assert";
import { candidates, chance } from "../../tests/candidates.ts";
import type { BalancerName } from "../../policy/policy.ts";
import type { Balancer } from "./balancer.ts";
import { balancerOf } from "./balancer_of.ts";
import { consistentHash } from "./consistent_hash.ts";
import { leastInFlight } from "./least_in_flight.ts";
import { p2c } from "./p2c.ts";
import { pickFirst } from "./pick_first.ts";
import { random } from "./random.ts";
import { weightedRoundRobin } from "./weighted_round_robin.ts";

const FACTORIES: Record<BalancerName, (chance: () => number) => Balancer> = {
  weighted_round_robin: weightedRoundRobin,
  random,
  p2c,
  least_in_flight: leastInFlight,
  consistent_hash: consistentHash,
  pick_first: pickFirst,
};

/** What it picks of lists that change, with some calls in flight. */
function picks(balancer: Balancer): string[] {
  const all = candidates(...Array.from({ length: 20 }, (_, index) => 1 + index));
  all.forEach((one, index) => Object.assign(one, { inFlight: index % 3, latency: 10 + 20 * (index % 2) }));
  return Array.from({ length: 500 }, (_, i) => {
    const list = all.slice(i % 7, i % 7 + 1 + i % 13);
    const one = balancer.pick(list, { hashKey: i % 2 === 0 ? `user-${i}` : undefined });
    assert(list.includes(one));
    return one.instance.address;
  });
}

for (const name of Object.keys(FACTORIES) as BalancerName[]) {
  Deno.test(`balancerOf("${name}") returns that balancer, which always picks a listed instance`, () => {
    const { random } = Math;
    try {
      Math.random = chance(1);
      assertEquals(picks(balancerOf(name)), picks(FACTORIES[name](chance(1))));
    } finally {
      Math.random = random;
    }
  });
}
