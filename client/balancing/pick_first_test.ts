import { assertEquals, assertNotEquals } from "@std/assert";
import { assertShares, candidates, chance } from "../../tests/candidates.ts";
import { pickFirst } from "./pick_first.ts";

Deno.test("pickFirst() stays with one, also in other lists that have it, until it has gone", () => {
  const list = candidates(10, 10, 10);
  const balancer = pickFirst();
  const first = balancer.pick(list, {});
  for (let i = 0; i < 50; i++) assertEquals(balancer.pick([...list].reverse(), {}), first);
  const second = balancer.pick(list.filter((one) => one !== first), {});
  assertNotEquals(second, first);
  for (let i = 0; i < 50; i++) assertEquals(balancer.pick(list, {}), second);
});

Deno.test("pickFirst() begins with any, by weight", () => {
  const list = candidates(1, 2, 3);
  const counts = [0, 0, 0];
  const random = chance(1);
  for (let client = 0; client < 6000; client++) counts[list.indexOf(pickFirst(random).pick(list, {}))]!++;
  assertShares(counts, [1, 2, 3], 0.02);
});
