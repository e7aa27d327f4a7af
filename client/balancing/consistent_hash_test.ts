import { assert, assertEquals } from "@std/assert";
import { assertShares, candidates, chance, countPicks, type TestCandidate } from "../../tests/candidates.ts";
import { consistentHash } from "./consistent_hash.ts";

const keys = Array.from({ length: 10_000 }, (_, index) => `user-${index}`);
const owners = (list: readonly TestCandidate[]) => {
  const balancer = consistentHash();
  return keys.map((hashKey) => balancer.pick(list, { hashKey }));
};
const counts = (list: readonly TestCandidate[]) => {
  const all = owners(list);
  return list.map((one) => all.filter((owner) => owner === one).length);
};

Deno.test("consistentHash() picks the same instance for a key in all clients, whatever the order of their lists", () => {
  const list = candidates(10, 10, 10, 10, 10);
  assertEquals(owners(list), owners([...list].reverse()));
});

Deno.test("consistentHash() gives each instance a share of the keys by weight", () => {
  assertShares(counts(candidates(10, 10, 10, 10)), [1, 1, 1, 1], 0.015);
  assertShares(counts(candidates(10, 20, 30, 40)), [1, 2, 3, 4], 0.015);
});

Deno.test("consistentHash() moves only the keys of a removed instance, evenly to the others", () => {
  const list = candidates(...Array(10).fill(10));
  const [gone, ...left] = list as [TestCandidate, ...TestCandidate[]];
  const [before, after] = [owners(list), owners(left)];
  const moved = keys.map((_, at) => at).filter((at) => before[at] !== after[at]);
  assert(moved.every((at) => before[at] === gone), "a key of one that stayed has moved");
  assert(moved.length / keys.length < 1 / 10 + 0.01, `${moved.length} of ${keys.length} keys moved`);
  assertShares(left.map((one) => moved.filter((at) => after[at] === one).length), left.map(() => 1), 0.04);
});

Deno.test("consistentHash() moves keys only to the instance whose weight grows", () => {
  const list = candidates(10, 10, 10);
  list[0]!.weight = 1;
  let before = owners(list);
  for (const weight of [2, 5, 10]) {
    list[0]!.weight = weight;
    const after = owners(list);
    assert(after.every((owner, at) => owner === before[at] || owner === list[0]));
    assertShares(list.map((one) => after.filter((owner) => owner === one).length), [weight, 10, 10], 0.02);
    before = after;
  }
});

Deno.test("consistentHash() keeps every instance below 1.25 times the mean load, also with a hot key", () => {
  for (const weights of [Array(10).fill(10), [10, 20, 30, 40]]) {
    const list = candidates(...weights);
    const balancer = consistentHash();
    for (let calls = 1; calls <= 1000; calls++) {
      const one = balancer.pick(list, { hashKey: "hot" });
      one.inFlight++;
      const mean = calls * one.weight / weights.reduce((a, b) => a + b, 0);
      assert(one.inFlight <= 8 || one.inFlight - 1 < 1.25 * mean + 1e-9, `${one.inFlight} where the mean is ${mean}`);
    }
  }
});

Deno.test("consistentHash() spills over to the instance that would own the key if its own were removed", () => {
  const list = candidates(10, 10, 10);
  const balancer = consistentHash();
  for (const hashKey of keys.slice(0, 100)) {
    const owner = balancer.pick(list, { hashKey });
    owner.inFlight = 8;
    const next = balancer.pick(list, { hashKey });
    assert(next !== owner);
    assertEquals(next, balancer.pick(list.filter((one) => one !== owner), { hashKey }));
    owner.inFlight = 7;
    assertEquals(balancer.pick(list, { hashKey }), owner, "up to 8 calls are not too many");
    owner.inFlight = 0;
  }
});

Deno.test("consistentHash() picks at random without a key", () => {
  assertShares(countPicks(consistentHash(chance(1)), candidates(1, 2, 3), 20_000), [1, 2, 3], 0.01);
});
