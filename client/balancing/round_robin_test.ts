import { assertEquals } from "@std/assert";
import { roundRobin } from "./round_robin.ts";

const instances = ["a", "b", "c"].map((address) => ({
  instance: { address, weight: 10, tags: new Map(), meta: new Map() },
  weight: 10,
  inFlight: 0,
  latency: undefined,
}));

Deno.test("roundRobin() picks each instance in turn, also when their number changes", () => {
  const balancer = roundRobin();
  const picks = Array.from({ length: 6 }, () => balancer.pick(instances, {}));
  assertEquals(new Set(picks.slice(0, 3)).size, 3);
  assertEquals(picks.slice(3), picks.slice(0, 3));
  for (let i = 0; i < 4; i++) assertEquals(balancer.pick(instances.slice(0, 1), {}), instances[0]!);
});

Deno.test("the first picks of many clients are spread over all instances", () => {
  // That one of three is never picked by 200 has a chance below 10^-34.
  const picks = Array.from({ length: 200 }, () => roundRobin().pick(instances, {}));
  assertEquals(new Set(picks).size, 3);
});
