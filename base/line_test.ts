import { assert, assertEquals } from "@std/assert";
import { Line } from "./line.ts";

Deno.test("Line returns items in the order in which they were added, and items in the middle can leave", () => {
  const line = new Line<string>();
  assertEquals([line.shift(), line.first, line.size], [undefined, undefined, 0]);
  const places = ["a", "b", "c", "d"].map((item) => line.push(item));
  line.remove(places[1]!);
  line.remove(places[1]!);
  assertEquals([[...line], line.size, line.first], [["a", "c", "d"], 3, "a"]);
  line.remove(places[3]!);
  line.push("e");
  assertEquals([line.shift(), line.shift(), line.shift(), line.shift()], ["a", "c", "e", undefined]);
  line.remove(places[0]!);
  assertEquals(line.size, 0);
  line.push("f");
  assertEquals([...line], ["f"]);
});

Deno.test("Line allows its items to be removed during an iteration", () => {
  const line = new Line<number>();
  for (let i = 0; i < 5; i++) line.push(i);
  const seen: number[] = [];
  for (const item of line) {
    seen.push(item);
    line.shift();
  }
  assertEquals([seen, line.size], [[0, 1, 2, 3, 4], 0]);
});

Deno.test("Line takes a million items", () => {
  const line = new Line<number>();
  for (let i = 0; i < 1e6; i++) line.push(i);
  let right = true;
  for (let i = 0; i < 1e6; i++) right &&= line.shift() === i;
  assert(right);
});
