import { assert, assertEquals } from "@std/assert";
import { assertShares, candidates, chance, countPicks } from "../../tests/candidates.ts";
import { weightedRoundRobin } from "./weighted_round_robin.ts";

Deno.test("weightedRoundRobin() gives weights 1, 2, 3 exactly their picks in each round of six", () => {
  const list = candidates(1, 2, 3);
  for (let seed = 0; seed < 50; seed++) {
    const balancer = weightedRoundRobin(chance(seed));
    for (let round = 0; round < 20; round++) assertEquals(countPicks(balancer, list, 6), [1, 2, 3]);
  }
});

Deno.test("weightedRoundRobin() is smooth: between two picks of an instance, another one gets at most its share plus one", () => {
  for (let seed = 0; seed < 50; seed++) {
    const random = chance(seed);
    const list = candidates(...Array.from({ length: 8 }, () => 1 + Math.floor(random() * 9)));
    const balancer = weightedRoundRobin(random);
    const picks = Array.from({ length: 500 }, () => list.indexOf(balancer.pick(list, {})));
    for (const one of list.keys()) {
      const since = list.map(() => 0);
      for (const pick of picks.slice(picks.indexOf(one))) {
        if (pick === one) since.fill(0);
        since[pick]!++;
        for (const other of list.keys()) {
          const most = Math.floor(list[other]!.weight / list[one]!.weight) + 1;
          assert(
            since[other]! <= most,
            `seed ${seed}: ${since[other]} of ${other} between two of ${one}, over ${most}`,
          );
        }
      }
    }
  }
});

Deno.test("weightedRoundRobin() is round robin with equal weights, in a random order for each client", () => {
  const list = candidates(10, 10, 10, 10);
  const random = chance(1);
  const orders = Array.from({ length: 200 }, () => {
    const balancer = weightedRoundRobin(random);
    const round = () => Array.from({ length: 4 }, () => balancer.pick(list, {}).instance.address).join();
    const first = round();
    for (let i = 0; i < 10; i++) assertEquals(round(), first);
    return first;
  });
  assertEquals(new Set(orders).size, 24, "all orders of four");
});

Deno.test("weightedRoundRobin() spreads the first picks of many clients by weight", () => {
  const list = candidates(1, 2, 3);
  const random = chance(1);
  const counts = [0, 0, 0];
  for (let client = 0; client < 6000; client++) counts[list.indexOf(weightedRoundRobin(random).pick(list, {}))]!++;
  assertShares(counts, [1, 2, 3], 0.02);
});

Deno.test("weightedRoundRobin() keeps the turns of the remaining instances when the list changes", () => {
  const list = candidates(1, 1, 1, 1, 1, 1);
  for (let seed = 0; seed < 20; seed++) {
    const balancer = weightedRoundRobin(chance(seed));
    const order = Array.from({ length: 6 }, () => balancer.pick(list, {}));
    const gone = order[3]!;
    const left = list.filter((one) => one !== gone);
    const rest = order.filter((one) => one !== gone);
    for (let i = 0; i < 12; i++) assertEquals(balancer.pick([...left], {}), rest[i % 5]);
  }
});

Deno.test("weightedRoundRobin() changes no instance's turns by picks that avoid an instance", () => {
  const list = candidates(1, 1, 1, 1);
  const balancer = weightedRoundRobin(chance(7));
  const counts = new Map(list.map((one) => [one, 0]));
  for (let i = 0; i < 1000; i++) {
    const failed = balancer.pick(list, {});
    counts.set(failed, counts.get(failed)! + 1);
    if (i % 10 === 0) balancer.pick(list.filter((one) => one !== failed), {});
  }
  // The retries' picks count as turns too: 1100 in all, of which these are 1000.
  assertShares([...counts.values()], [1, 1, 1, 1], 0.02);
});

Deno.test("weightedRoundRobin() gives a new or returning instance its turn, not the first pick", () => {
  const list = candidates(1, 1, 1, 1);
  let [atOnce, back] = [0, 0];
  const random = chance(1);
  for (let client = 0; client < 1000; client++) {
    const balancer = weightedRoundRobin(random);
    const fewer = list.slice(1);
    countPicks(balancer, fewer, 10);
    if (balancer.pick(list, {}) === list[0]) atOnce++;
    assertEquals(countPicks(balancer, list, 8)[0]! >= 1, true, "it is called within two rounds");
    countPicks(balancer, fewer, 1000);
    const counts = countPicks(balancer, list, 8);
    if (counts[0]! > 0) back++;
    assert(counts[0]! <= 2, `one that was away catches up with ${counts[0]} of 8`);
  }
  assert(atOnce > 100 && atOnce < 500, `${atOnce} of 1000 clients call a new one at once`);
  assertEquals(back, 1000);
});

Deno.test("weightedRoundRobin() follows a growing weight, and at once a weight of a new list", () => {
  const list = candidates(10, 10);
  const balancer = weightedRoundRobin(chance(3));
  list[0]!.weight = 1;
  assertShares(countPicks(balancer, list, 1100), [1, 10], 0.01);
  list[0]!.weight = 5;
  assertShares(countPicks(balancer, list, 1500), [5, 10], 0.01);
  list[0]!.weight = 0.001;
  countPicks(balancer, list, 1000);
  list[0]!.weight = 10;
  assert(countPicks(balancer, [...list], 4)[0]! >= 1);
});
