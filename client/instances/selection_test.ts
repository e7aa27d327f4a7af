import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import type { Instance } from "../../registry/registry.ts";
import { assertShares, candidates, chance, countPicks } from "../../tests/candidates.ts";
import { weightedRoundRobin } from "../balancing/weighted_round_robin.ts";
import { select, takers } from "./selection.ts";

const ALL = { tags: {}, meta: {}, zone: undefined, subset: Infinity };
const instance = (address: string, tags: Record<string, string> = {}, rest: Partial<Instance> = {}): Instance => ({
  address,
  weight: 10,
  tags: new Map(Object.entries(tags)),
  meta: new Map(),
  ...rest,
});
const many = (length: number, zone = "z") => Array.from({ length }, (_, i) => instance(`${zone}${i}:1`, { zone }));
const addresses = (list: Iterable<{ address: string }>) => Array.from(list, ({ address }) => address);

Deno.test("select() returns all instances without rules", () => {
  const list = many(3);
  assertEquals(select(list, ALL, 1), { instances: list });
  assertEquals(select([], ALL, 1), { instances: [] });
});

Deno.test("select() returns the instances with all tags and metadata of the rules", () => {
  const list = [
    instance("a:1", { version: "v1" }),
    instance("b:1", { version: "v2" }),
    instance("c:1", { version: "v2" }, { meta: new Map([["tier", "gold"]]) }),
  ];
  const chosen = (tags: Record<string, string>, meta: Record<string, string> = {}) =>
    addresses(select(list, { ...ALL, tags, meta }, 1).instances);
  assertEquals(chosen({ version: "v2" }), ["b:1", "c:1"]);
  assertEquals(chosen({}, { tier: "gold" }), ["c:1"]);
  assertEquals(chosen({ version: "v1" }, { tier: "gold" }), []);
});

Deno.test("select() names the rules that match no instance", () => {
  const why = (list: Instance[], tags: Record<string, string>, meta: Record<string, string> = {}) =>
    select(list, { ...ALL, tags, meta }, 1).why;
  assertEquals(
    why(many(3), { version: "v2" }, { tier: "gold" }),
    'none of the 3 in the registry fits the policy\'s tags.version "v2" and meta.tier "gold"',
  );
  assertEquals(why([], { version: "v2" }), undefined, "the registry's own why says more");
  assertEquals(why([instance("a:1", {}, { weight: 0 })], {}), "all 1 in the registry have no weight above 0");
});

Deno.test("select() skips instances without a finite weight above 0", () => {
  const list = [0, -1, NaN, 0.5, Infinity].map((weight, index) => instance(`${index}:1`, {}, { weight }));
  assertEquals(addresses(select(list, ALL, 1).instances), ["3:1"]);
});

Deno.test("select() limits weights: a wrong weight in the registry does not attract all calls", () => {
  const weights = (...given: number[]) =>
    select(given.map((weight, i) => instance(`${i}:1`, {}, { weight })), ALL, 1).instances.map(({ weight }) => weight);
  assertEquals(weights(1e308, 1, 1), [100, 1, 1]);
  assertEquals(weights(10, 10, 65535, 20), [10, 10, 2000, 20]);
  assertEquals(weights(1, 1000), [1, 1000], "a canary");
  assertEquals(weights(1e308, 1e308), [1e6, 1e6]);
  assertEquals(weights(5e-324, 1, 1e7), [1e-3, 1, 100]);
  const list = [instance("a:1", {}, { weight: 3 }), instance("b:1")];
  assertEquals(select(list, ALL, 1).instances, list);
});

Deno.test("select() changes at most one instance of a subset when an instance is added or removed", () => {
  for (const zone of [undefined, "a"]) {
    const list = [...many(6, "a"), ...many(14, "b")];
    for (let client = 0; client < 50; client++) {
      const rules = { ...ALL, zone, subset: 8 };
      const before = select(list, rules, client * 0x9e3779b1 >>> 0).instances;
      assertEquals(before.length, 8);
      for (const gone of list) {
        const after = select(list.filter((one) => one !== gone), rules, client * 0x9e3779b1 >>> 0).instances;
        assertEquals(after.length, 8);
        const kept = before.filter((one) => after.includes(one)).length;
        assertEquals(kept, before.includes(gone) ? 7 : 8);
      }
    }
  }
});

Deno.test("select() spreads the subsets of many clients evenly", () => {
  const list = many(50);
  const random = chance(1);
  const counts = list.map(() => 0);
  for (let client = 0; client < 5000; client++) {
    const { instances } = select(list, { ...ALL, subset: 5 }, random() * 2 ** 32 >>> 0);
    for (const one of instances) counts[list.indexOf(one)]!++;
  }
  // Each is chosen by 500 clients of 5000, with a standard deviation of 21.
  assert(counts.every((count) => Math.abs(count - 500) < 100), `${counts}`);
});

Deno.test("select() fills three quarters of a subset from the local zone, if it has enough instances", () => {
  const zones = (own: number, others: number, subset: number) => {
    const list = [...many(own, "a"), ...many(others, "b")];
    const { instances } = select(list, { ...ALL, zone: "a", subset }, 1);
    const home = instances.filter(({ tags }) => tags.get("zone") === "a").length;
    return [home, instances.length - home];
  };
  assertEquals(zones(100, 100, 8), [6, 2]);
  assertEquals(zones(100, 1, 8), [7, 1]);
  assertEquals(zones(2, 100, 8), [2, 6]);
  assertEquals(zones(0, 100, 8), [0, 8]);
  assertEquals(zones(100, 100, 1), [1, 0]);
});

/** The shares of the calls that the local zone's `own` and the `others` get, by how many of each are usable. */
function spread(own: number, others: number, usable: [number, number]) {
  const list = candidates(...Array(own + others).fill(10));
  list.forEach((one, index) => one.instance = instance(`${index}:1`, { zone: index < own ? "a" : "b" }));
  const ready = [...list.slice(0, usable[0]), ...list.slice(own, own + usable[1])];
  const shares = takers(list, (one) => ready.includes(one), "a");
  for (const [one, share] of shares) {
    assert(share > 0 && share <= 1 && ready.includes(one));
    one.weight = one.instance.weight * share;
  }
  const counts = countPicks(weightedRoundRobin(chance(1)), [...shares.keys()], 10_000);
  const home = [...shares.keys()].map((one, index) => list.indexOf(one) < own ? counts[index]! : 0);
  assertShares(counts.filter((_, index) => home[index] !== 0), home.filter((count) => count > 0).map(() => 1), 0.01);
  return home.reduce((sum, count) => sum + count, 0) / 10_000;
}

Deno.test("takers() keeps calls in the local zone while enough of it is usable, and spills over otherwise", () => {
  assertEquals(spread(10, 10, [10, 10]), 1);
  assertEquals(spread(10, 10, [8, 10]), 1);
  assertAlmostEquals(spread(10, 10, [7, 10]), 0.98, 0.003);
  assertAlmostEquals(spread(10, 10, [5, 10]), 0.7, 0.003);
  assertAlmostEquals(spread(10, 10, [1, 10]), 0.14, 0.003);
  assertAlmostEquals(spread(10, 2, [5, 1]), 0.7, 0.003, "also to few others");
  assertAlmostEquals(spread(2, 100, [1, 100]), 0.7, 0.003, "also to many others");
});

Deno.test("takers() falls back to the usable instances of any zone", () => {
  const list = ["a", "a", "b"].map((zone, index) => ({ instance: instance(`${index}:1`, { zone }) }));
  const taking = (usable: number[], zone?: string) =>
    [...takers(list, (one) => usable.includes(list.indexOf(one)), zone)].map((
      [one, share],
    ) => [list.indexOf(one), share]);
  assertEquals(taking([1], "a"), [[1, 1]], "no other zone is usable");
  assertEquals(taking([2], "a"), [[2, 1]], "nobody at home is usable");
  assertEquals(taking([0, 2], "nowhere"), [[0, 1], [2, 1]], "nobody is at home");
  assertEquals(taking([0, 2]), [[0, 1], [2, 1]], "without a zone");
  assertEquals(taking([], "a"), []);
});
