import { assertEquals } from "@std/assert";
import { slowStartShare } from "./slow_start.ts";

Deno.test("slowStartShare() grows with age from a tenth to the full share", () => {
  const shares = [0, 500, 1000, 2500, 5000, 9999, 10_000, Infinity].map((age) => slowStartShare(age, 10_000));
  assertEquals(shares, [0.1, 0.1, 0.1, 0.25, 0.5, 0.9999, 1, 1]);
});

Deno.test("slowStartShare() is the full share without a slow start", () => {
  assertEquals([0, 1, Infinity].map((age) => slowStartShare(age, 0)), [1, 1, 1]);
});
