import { assert, assertEquals } from "@std/assert";
import { fakeClock } from "../testing/mod.ts";
import { abortsAfter, after, every, LONGEST_TIMER_MS, momentOf, timeOfDay } from "./time.ts";

const turn = () => new Promise<void>((resolve) => setTimeout(resolve, 0));

Deno.test("after() runs once, after its time, unless it is stopped", async () => {
  using clock = fakeClock();
  const rang: string[] = [];
  after(10, () => rang.push("ten"));
  after(5, () => rang.push("five"), false);
  const stop = after(7, () => rang.push("stopped"));
  stop();
  stop();
  await clock.pass(4);
  assertEquals(rang, []);
  await clock.pass(100);
  assertEquals(rang, ["five", "ten"]);
});

Deno.test("after() does not fire at once for a time that is too long for a timer of the runtime", async () => {
  const rang: number[] = [];
  const stops = [LONGEST_TIMER_MS + 1, 3_000_000_000, 1e308, Infinity].map((ms) => after(ms, () => rang.push(ms)));
  for (let i = 0; i < 5; i++) await turn();
  assertEquals(rang, []);
  for (const stop of stops) stop();
});

Deno.test("after() waits for 60 days", () => {
  const { setTimeout: real } = globalThis;
  const waits: number[] = [];
  let ring = () => {};
  globalThis.setTimeout = Object.assign((fn: () => void, ms = 0) => (waits.push(ms), ring = fn, 0), real) as never;
  try {
    const days = 86_400_000;
    let rang = false;
    after(60 * days, () => rang = true);
    for (let i = 0; i < 3; i++) {
      assert(!rang);
      ring();
    }
    assert(rang);
    assertEquals(waits.reduce((sum, ms) => sum + ms), 60 * days);
    assert(waits.every((ms) => ms <= LONGEST_TIMER_MS), `${waits}`);
  } finally {
    globalThis.setTimeout = real;
  }
});

Deno.test("every() and abortsAfter() take any time", async () => {
  let rang = 0;
  const stop = every(Infinity, () => rang++);
  const signal = abortsAfter(1e12);
  for (let i = 0; i < 5; i++) await turn();
  assertEquals([rang, signal.aborted], [0, false]);
  stop();
});

Deno.test("timeOfDay() returns the time of day that momentOf() was given", () => {
  let same = 0;
  for (let i = 0; i < 1000; i++) {
    const time = Date.now() + 5000 + i;
    if (timeOfDay(momentOf(time)) === time) same++;
  }
  // A busy machine may suspend the process between the reads of the two clocks.
  assert(same > 950, `${same} of 1000`);
});

Deno.test("timeOfDay() and momentOf() are inverse, and follow the clock when it is set", () => {
  const moment = performance.now() + 5000;
  assert(Math.abs(timeOfDay(moment) - Date.now() - 5000) <= 2);
  assert(Math.abs(momentOf(timeOfDay(moment)) - moment) <= 2);
  const real = Date.now;
  Date.now = () => real() - 3_600_000;
  try {
    assert(Math.abs(timeOfDay(moment) - Date.now() - 5000) <= 100);
    assert(Math.abs(momentOf(Date.now() + 5000) - moment) <= 100);
    assertEquals(timeOfDay(), Date.now());
  } finally {
    Date.now = real;
  }
});
