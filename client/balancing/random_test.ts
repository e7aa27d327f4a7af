import { assertEquals } from "@std/assert";
import { assertShares, candidates, chance, countPicks } from "../../tests/candidates.ts";
import { random } from "./random.ts";

Deno.test("random() picks by weight", () => {
  assertShares(countPicks(random(chance(1)), candidates(1, 2, 3), 20_000), [1, 2, 3], 0.01);
  assertShares(countPicks(random(chance(2)), candidates(1000, 1, 1), 20_000), [1000, 1, 1], 0.01);
});

Deno.test("random() follows changes of weights and of the list", () => {
  const list = candidates(10, 10);
  const balancer = random(chance(3));
  assertShares(countPicks(balancer, list, 10_000), [1, 1], 0.02);
  list[0]!.weight = 1;
  assertShares(countPicks(balancer, list, 10_000), [1, 10], 0.02);
  assertEquals(balancer.pick(list.slice(0, 1), {}), list[0]!);
  assertShares(countPicks(balancer, candidates(10, 1000), 10_000), [1, 100], 0.01);
});
