import { assertEquals } from "@std/assert";
import { chance } from "../../tests/candidates.ts";
import { SlidingWindow } from "./sliding_window.ts";

const counts = ({ succeeded, failed, total }: SlidingWindow) => [succeeded, failed, total];

Deno.test("a window counts the events within it, to a tenth of its length", () => {
  const window = new SlidingWindow(1000);
  window.add(false, 5000);
  window.add(true, 5050);
  window.add(true, 5500);
  assertEquals(counts(window), [1, 2, 3]);
  window.advance(5999);
  assertEquals(counts(window), [1, 2, 3]);
  window.advance(6000);
  assertEquals(counts(window), [0, 1, 1]);
  window.advance(60_000);
  assertEquals(counts(window), [0, 0, 0]);
});

Deno.test("a window counts the same as a list of all calls, for any sequence of events", () => {
  const random = chance(3);
  const window = new SlidingWindow(1000);
  const calls: { failed: boolean; slot: number }[] = [];
  let now = 0;
  for (let i = 0; i < 5000; i++) {
    now += random() < 0.01 ? random() * 3000 : random() * 50;
    const failed = random() < 0.5;
    window.add(failed, now);
    const slot = Math.floor(now / 100);
    calls.push({ failed, slot });
    const within = calls.filter((call) => call.slot > slot - 10);
    assertEquals(window.failed, within.filter((call) => call.failed).length);
    assertEquals(window.total, within.length);
  }
});

Deno.test("release() takes the calls of a part out of the whole, and no others", () => {
  const [whole, part] = [new SlidingWindow(1000), new SlidingWindow(1000)];
  for (const [failed, now] of [[true, 100], [false, 400], [true, 800]] as const) {
    part.add(failed, now);
    whole.add(failed, now);
    whole.add(false, now);
  }
  whole.add(true, 1150); // what happened at 100 is forgotten, but not yet by the part
  whole.release(part);
  assertEquals([counts(whole), counts(part)], [[2, 1, 3], [0, 0, 0]]);
  whole.advance(1799);
  assertEquals(counts(whole), [1, 1, 2]);
  whole.advance(2100);
  assertEquals(counts(whole), [0, 0, 0]);
});
