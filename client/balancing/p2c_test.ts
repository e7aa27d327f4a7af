import { assert, assertEquals } from "@std/assert";
import { assertShares, candidates, chance, countPicks } from "../../tests/candidates.ts";
import { p2c } from "./p2c.ts";

Deno.test("p2c() picks by weight among idle instances of about the same latency", () => {
  const list = candidates(10, 20, 30);
  assertShares(countPicks(p2c(chance(1)), list, 20_000), [1, 2, 3], 0.01);
  list.forEach((one, index) => one.latency = [12, 10, 20][index]);
  assertShares(countPicks(p2c(chance(2)), list, 20_000), [1, 2, 3], 0.01);
});

Deno.test("p2c() picks the only instance", () => {
  const list = candidates(10);
  assertEquals(countPicks(p2c(), list, 10), [10]);
});

Deno.test("p2c() picks the instance with fewer calls, less latency, or more weight of two busy ones", () => {
  for (const better of [{ inFlight: 1 }, { latency: 9 }, { weight: 11 }]) {
    const list = candidates(11, 11).map((one) => ({ ...one, weight: 10, latency: 10, inFlight: 2 }));
    Object.assign(list[1]!, better);
    assertEquals(countPicks(p2c(), list, 1000), [0, 1000]);
  }
});

Deno.test("p2c() picks no slow instance while another one is idle", () => {
  const list = candidates(10, 10, 10).map((one, index) => ({ ...one, latency: index === 0 ? 500 : 5 }));
  assertEquals(countPicks(p2c(), list, 1000)[0], 0);
});

Deno.test("p2c() gives calls to an instance of unknown latency, but no flood before its first response", () => {
  const list = candidates(10, 10, 10);
  for (const one of list.slice(1)) Object.assign(one, { latency: 5, inFlight: 2 });
  const balancer = p2c(chance(4));
  for (let i = 0; i < 1000; i++) if (balancer.pick(list, {}) === list[0]) list[0]!.inFlight++;
  assert(list[0]!.inFlight >= 2 && list[0]!.inFlight <= 3, `${list[0]!.inFlight} calls in flight`);
});

Deno.test("p2c() spreads calls that never end by weight", () => {
  const list = candidates(10, 20, 30);
  for (const one of list) one.latency = 5;
  const balancer = p2c(chance(5));
  for (let i = 0; i < 6000; i++) balancer.pick(list, {}).inFlight++;
  assertShares(list.map((one) => one.inFlight), [1, 2, 3], 0.01);
});
