import { assertEquals } from "@std/assert";
import { seeded } from "../../../tests/random.ts";
import { CallSet } from "./call_set.ts";

const call = (name: number) => ({ name, slot: -1 });

Deno.test("CallSet has the calls that were added and not deleted", () => {
  const random = seeded(5);
  const set = new CallSet<ReturnType<typeof call>>();
  const expected = new Set<ReturnType<typeof call>>();
  for (let i = 0; i < 5000; i++) {
    const present = [...expected];
    if (random(2) === 0 || present.length === 0) {
      const added = call(i);
      set.add(added);
      expected.add(added);
    } else {
      const deleted = present[random(present.length)]!;
      set.delete(deleted);
      set.delete(deleted); // changes nothing
      expected.delete(deleted);
    }
    assertEquals(set.size, expected.size);
  }
  assertEquals(new Set(set), expected);
});

Deno.test("calls that end during an iteration of a CallSet are iterated once", () => {
  const set = new CallSet<ReturnType<typeof call>>();
  for (let i = 0; i < 10; i++) set.add(call(i));
  const seen: number[] = [];
  for (const item of set) {
    seen.push(item.name);
    set.delete(item);
  }
  assertEquals(seen, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  assertEquals([set.size, ...set], [0]);
});
