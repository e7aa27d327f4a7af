import { assertEquals } from "@std/assert";
import { assertShares, candidates, chance, countPicks } from "../../tests/candidates.ts";
import { leastInFlight } from "./least_in_flight.ts";

Deno.test("leastInFlight() picks the instance with the fewest calls relative to its weight", () => {
  const list = candidates(10, 10, 30);
  const set = (...calls: number[]) => calls.forEach((inFlight, index) => list[index]!.inFlight = inFlight);
  set(2, 1, 9);
  assertEquals(countPicks(leastInFlight(), list, 100), [0, 100, 0]);
  set(2, 2, 5);
  assertEquals(countPicks(leastInFlight(), list, 100), [0, 0, 100]);
});

Deno.test("leastInFlight() picks among idle instances at random, by weight", () => {
  assertShares(countPicks(leastInFlight(chance(1)), candidates(10, 20, 30), 20_000), [1, 2, 3], 0.01);
});

Deno.test("leastInFlight() picks among equally busy instances at random", () => {
  const list = candidates(10, 10, 10, 20);
  [1, 1, 2, 3].forEach((inFlight, index) => list[index]!.inFlight = inFlight);
  assertShares(countPicks(leastInFlight(chance(1)), list, 20_000), [1, 1, 0, 1], 0.01);
});

Deno.test("leastInFlight() spreads calls that never end by weight", () => {
  const list = candidates(10, 20, 30);
  const balancer = leastInFlight(chance(2));
  for (let i = 0; i < 600; i++) balancer.pick(list, {}).inFlight++;
  assertEquals(list.map((one) => one.inFlight), [100, 200, 300]);
});
