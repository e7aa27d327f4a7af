import { assert, assertEquals } from "@std/assert";
import { mock } from "node:test";
import { seeded } from "../../../tests/random.ts";
import { type Dated, Deadlines } from "./deadlines.ts";

/** Runs with a clock that only `tick` moves. */
function withClock(run: (tick: (ms: number) => void) => void): void {
  const real = performance.now;
  let now = 1000;
  performance.now = () => now;
  mock.timers.enable({ apis: ["setTimeout"] });
  try {
    run((ms) => {
      now += ms;
      mock.timers.tick(ms);
    });
  } finally {
    mock.timers.reset();
    performance.now = real;
  }
}

function dated(deadlines: Deadlines, late: string[], name: string, wait: number, then?: () => void): Dated {
  const one = {
    deadline: performance.now() + wait,
    onLate() {
      late.push(name);
      then?.();
    },
  };
  deadlines.add(one);
  return one;
}

Deno.test("each deadline expires once, in order and not early; a removed one does not expire", () =>
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

Deno.test("a deadline that is added while another expires, expires in time", () =>
  withClock((tick) => {
    const deadlines = new Deadlines(), late: string[] = [];
    dated(deadlines, late, "first", 50, () => dated(deadlines, late, "second", 50));
    tick(60);
    tick(60);
    assertEquals(late, ["first", "second"]);
    deadlines.close();
  }));

Deno.test("an earlier deadline does not wait for a later one; after all were removed, the next one expires too", () =>
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

Deno.test("a timer that was stopped without deadlines fires for the next one", () =>
  withClock((tick) => {
    const deadlines = new Deadlines(), late: string[] = [];
    deadlines.remove(dated(deadlines, late, "gone", 1000));
    deadlines.rest();
    tick(2000);
    dated(deadlines, late, "next", 50);
    tick(60);
    assertEquals(late, ["next"]);
    deadlines.close();
  }));

Deno.test("a deadline beyond the longest timer expires in time", () =>
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

Deno.test("deadlines that are added in any order expire in order, except removed ones", () =>
  withClock((tick) => {
    const deadlines = new Deadlines(), late: string[] = [];
    const random = seeded(7);
    const all = Array.from({ length: 300 }, (_, i) => {
      const wait = 1 + random(1000);
      return { wait, name: `${wait} ${i}`, one: dated(deadlines, late, `${wait} ${i}`, wait) };
    });
    const gone = all.filter((_, i) => i % 3 === 0);
    for (const { one } of gone) deadlines.remove(one);
    for (let ms = 0; ms < 1000; ms++) {
      tick(1);
      const due = all.filter((one) => one.wait === ms + 1 && !gone.includes(one)).map(({ name }) => name);
      assertEquals(late.splice(0).sort(), due.sort(), `at ${ms + 1} ms`);
    }
    deadlines.close();
  }));

Deno.test("ten thousand deadlines that expire at once are handled in several turns", async () => {
  const deadlines = new Deadlines(), late: string[] = [];
  for (let i = 0; i < 10_000; i++) dated(deadlines, late, "", 0);
  let turns = 0;
  for (; late.length < 10_000; turns++) await new Promise((resolve) => setTimeout(resolve, 0));
  assert(turns >= 5, `${turns} turns`);
  deadlines.close();
});

Deno.test("two timeouts among 20,000 calls cost a few steps for each call", () => {
  const deadlines = new Deadlines();
  let looks = 0;
  const all = Array.from({ length: 20_000 }, (_, i) => ({
    get deadline() {
      looks++;
      return 1e6 + i + (i % 2 === 0 ? 100_000 : 0);
    },
    onLate() {},
  }));
  for (const one of all) deadlines.add(one);
  for (const one of all) deadlines.remove(one);
  deadlines.close();
  assert(looks < 60 * all.length, `${looks / all.length} looks at deadlines for each call`);
});
