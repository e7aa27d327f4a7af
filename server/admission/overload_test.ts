import { assert, assertEquals } from "@std/assert";
import { seeded } from "../../tests/random.ts";
import { FakeClock } from "./fake_clock.ts";
import { Overload } from "./overload.ts";

const RULES = { maxWait: 100, unreadyAfter: Infinity };

/** The results of the calls to a simulated server with one thread. */
interface Outcome {
  readonly served: number;
  readonly refused: number;
  /** The latency of each served call, in milliseconds. */
  readonly times: number[];
}

/**
 * Sends `rate` calls a second. Each one takes `work` milliseconds of the thread: at once, or `waits` milliseconds after
 * it began.
 */
function simulate(rate: number, seconds: number, overload: Overload, clock: FakeClock, waits = 0, work = 2): Outcome {
  const random = seeded(1);
  const end = clock.time + seconds * 1000;
  const times: number[] = [];
  const later: { at: number; came: number }[] = [];
  let refused = 0, next = clock.time;
  const serve = (came: number) => {
    clock.time += work;
    if (came > end - seconds * 500) times.push(clock.time - came);
  };
  while (clock.time < end) {
    const before = clock.time;
    clock.turn(() => {
      while (later.length > 0 && later[0]!.at <= before) {
        serve(later.shift()!.came);
        overload.ended();
      }
      // The calls that arrived before this turn wait in the sockets.
      for (; next <= before; next += -Math.log(1 - random(1e6) / 1e6) * 1000 / rate) {
        clock.time += 0.01;
        if (overload.refuses()) refused += Number(next > end - seconds * 500);
        else if (waits === 0) serve(next);
        else {
          overload.began();
          later.push({ at: clock.time + waits, came: next });
        }
      }
    });
    clock.time += 0.5;
  }
  return { served: times.length / seconds * 2, refused: refused / seconds * 2, times: times.sort((a, b) => a - b) };
}

Deno.test("Overload rejects nothing at 80 % load", () => {
  for (const waits of [0, 20]) {
    const clock = new FakeClock();
    assertEquals(simulate(400, 20, new Overload(RULES, clock), clock, waits).refused, 0);
  }
});

Deno.test("Overload tolerates a few slow calls at the same time, but not many", () => {
  for (const work of [20, 100, 400]) {
    const clock = new FakeClock();
    const few = simulate(500 / work, 300, new Overload(RULES, clock), clock, 0, work);
    assertEquals(few.refused, 0, `${work} ms`);
    const many = simulate(5000 / work, 300, new Overload(RULES, clock), clock, 0, work);
    assert(many.served > 800 / work, `${work} ms: it serves ${many.served} calls a second`);
    const slow = many.times[Math.floor(many.times.length * 0.99)]!;
    assert(slow < 500 + 25 * work, `${work} ms: 99 of 100 take less than ${slow} ms`);
  }
});

for (const [kind, waits, longest] of [["at once", 0, 200], ["after they have waited", 20, 400]] as const) {
  Deno.test(`Overload keeps throughput high and waits short at five times the possible calls that compute ${kind}`, () => {
    const clock = new FakeClock();
    const { served, times } = simulate(2500, 20, new Overload(RULES, clock), clock, waits);
    assert(served > 400, `it serves ${served} calls a second of the 500 that it can`);
    const slow = times[Math.floor(times.length * 0.99)]!;
    assert(slow < longest, `99 of 100 take less than ${slow} ms`);
  });
}

Deno.test("Overload tolerates a single long turn of any length, and serves the calls that arrived in it", () => {
  for (const stop of [300, 1000, 10_000]) {
    for (const waits of [0, 20]) {
      const clock = new FakeClock();
      const overload = new Overload(RULES, clock);
      simulate(50, 2, overload, clock, waits);
      clock.turn(() => {
        assertEquals(overload.refuses(), false);
        clock.time += stop;
        assertEquals(overload.refuses(), false);
      });
      clock.turn(() => {
        for (let i = 0; i < 100; i++) assertEquals(overload.refuses(), false);
      });
      assertEquals(simulate(50, 2, overload, clock, waits).refused, 0);
    }
  }
});

Deno.test("Overload rejects a call at once if it has waited for many others for more than five times the limit", () => {
  const clock = new FakeClock();
  const overload = new Overload(RULES, clock);
  clock.turn(() => {
    for (let i = 0; i < 10; i++, clock.time += 50) assertEquals(overload.refuses(), false);
    clock.time += 1;
    assertEquals(overload.refuses(), true);
  });
});

Deno.test("Overload takes calls again within a second after an overload", () => {
  for (const waits of [0, 20]) {
    const clock = new FakeClock();
    const overload = new Overload(RULES, clock);
    assert(simulate(2500, 5, overload, clock, waits).refused > 0);
    simulate(300, 2, overload, clock, waits);
    assertEquals(simulate(300, 2, overload, clock, waits).refused, 0);
  }
});

Deno.test("Overload has no timer while there are no calls, or after close()", () => {
  const clock = new FakeClock();
  const overload = new Overload(RULES, clock);
  overload.refuses();
  clock.pass(1000);
  assertEquals(clock.timers, 0);
  overload.refuses();
  overload.refuses();
  overload.close();
  assertEquals(clock.timers, 0);
});
