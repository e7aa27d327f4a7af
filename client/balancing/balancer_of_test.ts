import { assert } from "@std/assert";
import { candidates } from "../../tests/candidates.ts";
import type { BalancerName } from "../../policy/policy.ts";
import { balancerOf } from "./balancer_of.ts";

const NAMES: readonly BalancerName[] = [
  "weighted_round_robin",
  "random",
  "p2c",
  "least_in_flight",
  "consistent_hash",
  "pick_first",
];

for (const name of NAMES) {
  Deno.test(`balancerOf("${name}") picks one of those that are there, however the list changes`, () => {
    const all = candidates(...Array.from({ length: 20 }, (_, index) => 1 + index));
    const balancer = balancerOf(name);
    for (let i = 0; i < 500; i++) {
      const list = all.slice(i % 7, i % 7 + 1 + i % 13);
      for (const hashKey of [undefined, `user-${i}`]) assert(list.includes(balancer.pick(list, { hashKey })));
    }
  });
}
