import { assertEquals } from "@std/assert";
import { seeded } from "../../tests/random.ts";
import { Heap } from "./heap.ts";

interface Item {
  time: number;
  place?: number;
}

/** Removes all items, and returns them from the earliest to the latest. */
function drain(heap: Heap<Item>): number[] {
  const times: number[] = [];
  for (let first = heap.first; first !== undefined; first = heap.first) {
    times.push(first.time);
    heap.remove(first);
    assertEquals(first.place, undefined);
  }
  return times;
}

const sorted = (items: Item[]) => items.map(({ time }) => time).sort((a, b) => a - b);

Deno.test("Heap returns the earliest item first, also after removals from its middle", () => {
  const random = seeded(3);
  for (let round = 0; round < 100; round++) {
    const heap = new Heap<Item>(({ time }) => time);
    const items = Array.from({ length: random(60) }, () => ({ time: random(30) }));
    for (const one of items) heap.add(one);
    const gone = items.filter(() => random(3) === 0);
    for (const one of [...gone, ...gone]) heap.remove(one);
    assertEquals(drain(heap), sorted(items.filter((one) => !gone.includes(one))));
  }
});

Deno.test("Heap can be reordered after all times have changed, and cleared", () => {
  const random = seeded(4);
  const heap = new Heap<Item>(({ time }) => time);
  const items: Item[] = Array.from({ length: 50 }, () => ({ time: random(100) }));
  for (const one of items) heap.add(one);
  for (const one of items) one.time = random(100);
  heap.reorder();
  assertEquals(heap.items.length, 50);
  assertEquals(drain(heap), sorted(items));
  for (const one of items) heap.add(one);
  heap.clear();
  assertEquals([heap.first, items.every(({ place }) => place === undefined)], [undefined, true]);
  heap.remove(items[0]!);
});
