import { assertEquals, assertNotEquals } from "@std/assert";
import { assertShares, candidates, chance } from "../../tests/candidates.ts";
import { pickFirst } from "./pick_first.ts";

Deno.test("pickFirst() keeps its instance across changes of the list, until the instance is removed", () => {
  const list = candidates(10, 10, 10);
  const balancer = pickFirst();
  const first = balancer.pick(list, {});
  for (let i = 0; i < 50; i++) assertEquals(balancer.pick([...list].reverse(), {}), first);
  const second = balancer.pick(list.filter((one) => one !== first), {});
  assertNotEquals(second, first);
  for (let i = 0; i < 50; i++) assertEquals(balancer.pick(list, {}), second);
});

Deno.test("pickFirst() chooses its first instance at random, by weight", () => {
  const list = candidates(1, 2, 3);
  const counts = [0, 0, 0];
  const random = chance(1);
  for (let client = 0; client < 6000; client++) counts[list.indexOf(pickFirst(random).pick(list, {}))]!++;
  assertShares(counts, [1, 2, 3], 0.02);
});
