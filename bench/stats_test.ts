import { assertEquals } from "@std/assert";
import { median, show } from "./stats.ts";

Deno.test("median() is the middle, or between the two middle ones", () => {
  assertEquals(median([3, 1, 2]), 2);
  assertEquals(median([10, 9, 1, 100]), 9.5);
  assertEquals(median([7]), 7);
  assertEquals(median([]), NaN);
});

Deno.test("median() leaves its argument as it was", () => {
  const numbers = [3, 1, 2];
  median(numbers);
  assertEquals(numbers, [3, 1, 2]);
});

Deno.test("show() keeps three digits of small numbers and all of large ones", () => {
  assertEquals([0, 5.678, 56.78, 567.8, 5678.9, 134567.2].map(show), ["0", "5.68", "56.8", "568", "5,679", "134,567"]);
  assertEquals(show(NaN), "-");
});
