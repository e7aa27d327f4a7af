import { assertEquals } from "@std/assert";
import { Stream } from "./stream.ts";
import { StreamTable } from "./stream_table.ts";

Deno.test("StreamTable equals a Map after 20,000 random additions and removals", () => {
  const table = new StreamTable(), model = new Map<number, Stream>();
  let seed = 7, next = 1;
  const random = (below: number) => (seed = (seed * 48271) % 0x7fffffff) % below;
  for (let i = 0; i < 20_000; i++) {
    // The table grows and shrinks in turn. Some streams stay while thousands are added and removed.
    if (random(1000) < (i % 2000 < 1000 ? 600 : 400) || model.size === 0) {
      const stream = new Stream(next, 0, 0);
      next += 2 + 2 * random(3);
      table.add(stream);
      model.set(stream.id, stream);
    } else {
      const ids = [...model.keys()];
      const id = ids[random(4) === 0 ? random(ids.length) : ids.length - 1]!;
      table.delete(model.get(id)!);
      model.delete(id);
      assertEquals(table.get(id), undefined);
    }
    assertEquals(table.size, model.size);
    if (i % 100 > 0) continue;
    for (const [id, stream] of model) assertEquals(table.get(id) === stream, true);
    assertEquals(table.values().length, model.size);
  }
});

Deno.test("StreamTable.delete() of a stream that is not there changes nothing", () => {
  const table = new StreamTable();
  const stream = new Stream(1, 0, 0);
  table.add(stream);
  for (let id = 3; id < 99; id += 2) table.delete(new Stream(id, 0, 0)); // some have the same slot
  assertEquals([table.size, table.get(1) === stream], [1, true]);
});
