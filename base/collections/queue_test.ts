import { assert, assertEquals } from "@std/assert";
import { Queue } from "./queue.ts";

Deno.test("Queue returns items in the order in which they were added, and items in the middle can leave", () => {
  const queue = new Queue<string>();
  assertEquals([queue.shift(), queue.first, queue.size], [undefined, undefined, 0]);
  const entries = ["a", "b", "c", "d"].map((item) => queue.push(item));
  queue.remove(entries[1]!);
  queue.remove(entries[1]!);
  assertEquals([[...queue], queue.size, queue.first], [["a", "c", "d"], 3, "a"]);
  queue.remove(entries[3]!);
  queue.push("e");
  assertEquals([queue.shift(), queue.shift(), queue.shift(), queue.shift()], ["a", "c", "e", undefined]);
  queue.remove(entries[0]!);
  assertEquals(queue.size, 0);
  queue.push("f");
  assertEquals([...queue], ["f"]);
});

Deno.test("Queue allows its items to be removed during an iteration", () => {
  const queue = new Queue<number>();
  for (let i = 0; i < 5; i++) queue.push(i);
  const seen: number[] = [];
  for (const item of queue) {
    seen.push(item);
    queue.shift();
  }
  assertEquals([seen, queue.size], [[0, 1, 2, 3, 4], 0]);
});

Deno.test("Queue takes a million items", () => {
  const queue = new Queue<number>();
  for (let i = 0; i < 1e6; i++) queue.push(i);
  let right = true;
  for (let i = 0; i < 1e6; i++) right &&= queue.shift() === i;
  assert(right);
});
