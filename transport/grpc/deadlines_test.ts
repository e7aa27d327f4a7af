import { assertEquals } from "@std/assert";
import { mock } from "node:test";
import { type Dated, Deadlines } from "./deadlines.ts";

/** Runs with a clock that only `tick` moves. */
async function withClock(run: (tick: (ms: number) => void) => void): Promise<void> {
  mock.timers.enable({ apis: ["setTimeout", "Date"], now: 1_000_000 });
  try {
    await run((ms) => mock.timers.tick(ms));
  } finally {
    mock.timers.reset();
  }
}

function dated(deadlines: Deadlines, late: string[], name: string, wait: number, then?: () => void): Dated {
  const one = {
    deadline: Date.now() + wait,
    onLate() {
      late.push(name);
      then?.();
    },
  };
  deadlines.add(one);
  return one;
}

Deno.test("each is late once, in its order, none before its time; what was removed is not", () =>
  withClock((tick) => {
    const deadlines = new Deadlines(), late: string[] = [];
    dated(deadlines, late, "c", 300);
    dated(deadlines, late, "a", 100);
    const removed = dated(deadlines, late, "removed", 150);
    dated(deadlines, late, "b", 200);
    tick(99);
    assertEquals(late, []);
    tick(9);
    assertEquals(late, ["a"]);
    deadlines.remove(removed);
    deadlines.remove(removed);
    tick(100);
    assertEquals(late, ["a", "b"]);
    tick(10_000);
    assertEquals(late, ["a", "b", "c"]);
    deadlines.close();
  }));

Deno.test("one added while another is late is late in its time", () =>
  withClock((tick) => {
    const deadlines = new Deadlines(), late: string[] = [];
    dated(deadlines, late, "first", 50, () => dated(deadlines, late, "second", 50));
    tick(60);
    tick(60);
    assertEquals(late, ["first", "second"]);
    deadlines.close();
  }));

Deno.test("an earlier one is not held up by a later one; after all were removed, the next one is late too", () =>
  withClock((tick) => {
    const deadlines = new Deadlines(), late: string[] = [];
    deadlines.remove(dated(deadlines, late, "gone", 1000));
    dated(deadlines, late, "a", 50);
    tick(60);
    dated(deadlines, late, "b", 2000);
    tick(2010);
    assertEquals(late, ["a", "b"]);
    deadlines.close();
  }));

Deno.test("a deadline beyond what a timer can wait is late in its time", () =>
  withClock((tick) => {
    const deadlines = new Deadlines(), late: string[] = [];
    dated(deadlines, late, "far", 3_000_000_000);
    tick(2_999_000_000);
    assertEquals(late, []);
    tick(1_001_000);
    assertEquals(late, ["far"]);
    dated(deadlines, late, "never", Infinity);
    deadlines.close();
    tick(1e9);
    assertEquals(late, ["far"]);
  }));
