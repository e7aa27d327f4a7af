import { assert, assertEquals } from "@std/assert";
import { assertShares, candidates, chance } from "../../tests/candidates.ts";
import { p2c } from "./p2c.ts";
import { random } from "./random.ts";
import { WeightedChoice } from "./weighted_choice.ts";

Deno.test("WeightedChoice gives each index its share", () => {
  for (const weights of [[1], [1, 2, 3], [0.001, 1, 1e6], Array.from({ length: 100 }, (_, i) => i + 1)]) {
    const list = candidates(...weights);
    const choice = new WeightedChoice(chance(1));
    const counts = weights.map(() => 0);
    for (let i = 0; i < 50_000; i++) counts[choice.in(list)]!++;
    assertShares(counts, weights, 0.01);
  }
});

Deno.test("WeightedChoice respects the weight during slow start, and always ends", () => {
  const list = candidates(10, 10);
  const choice = new WeightedChoice(chance(2));
  for (const weight of [1, 5, 10]) {
    list[0]!.weight = weight;
    const counts = [0, 0];
    for (let i = 0; i < 20_000; i++) counts[choice.in(list)]!++;
    assertShares(counts, [weight, 10], 0.01);
  }
  for (const one of list) one.weight = 0;
  assert([0, 1].includes(choice.in(list)));
});

Deno.test("random() and p2c() need few draws for a pick, whatever the weights", () => {
  for (const balancer of [random, p2c]) {
    for (const weights of [[1e7, 1], [1e7, ...Array.from({ length: 999 }, () => 1)], [1e-9, 1e-9]]) {
      let draws = 0;
      const counted = chance(3);
      const { pick } = balancer(() => (draws++, counted()));
      const list = candidates(...weights);
      for (let i = 0; i < 1000; i++) pick(list, {});
      assert(draws <= 2000, `${draws} draws for 1000 picks`);
    }
  }
});

Deno.test("p2c() compares with each of the other instances equally often", () => {
  const list = candidates(1, 1, 1, 1);
  for (const one of list) Object.assign(one, { inFlight: 1, latency: 10 });
  // Who is chosen by weight loses against all others: what is returned is the other of the two.
  list[2]!.inFlight = 1000;
  const draws = [0.6, 0, 0.6, 0.34, 0.6, 0.67];
  const { pick } = p2c(() => draws.shift()!);
  assertEquals([pick(list, {}), pick(list, {}), pick(list, {})], [list[0]!, list[1]!, list[3]!]);
});
