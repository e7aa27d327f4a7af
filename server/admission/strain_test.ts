import { assertEquals } from "@std/assert";
import { createLogger } from "../../base/logger.ts";
import { FakeClock } from "./fake_clock.ts";
import { Refusals } from "./refusals.ts";
import { Strain } from "./strain.ts";

function make(after: number) {
  const clock = new FakeClock();
  const told: boolean[] = [];
  const strain = new Strain(clock, (strained) => void told.push(strained));
  strain.reportAfterMs = after;
  const seconds = (count: number, calls: number, refused: number) => {
    for (let i = 0; i < count; i++) {
      for (let n = 0; n < calls; n++) strain.came();
      for (let n = 0; n < refused; n++) strain.refused();
      clock.pass(1000);
    }
  };
  return { clock, told, strain, seconds };
}

Deno.test("Strain reports once when a tenth of the calls has been rejected for long, and once when that is over", () => {
  const { clock, told, seconds } = make(10_000);
  seconds(9, 100, 50);
  assertEquals(told, []);
  seconds(5, 100, 50);
  assertEquals(told, [true]);
  seconds(5, 100, 0);
  assertEquals(told, [true, false]);
  assertEquals(clock.timers, 0);
});

Deno.test("Strain reports neither a burst nor a few rejections over a long time", () => {
  const { told, seconds } = make(10_000);
  seconds(5, 100, 100);
  seconds(5, 100, 0);
  seconds(60, 100, 5);
  assertEquals(told, []);
});

Deno.test("Strain has no timer unless it has a duration", () => {
  const { clock, seconds } = make(Infinity);
  seconds(20, 100, 100);
  assertEquals(clock.timers, 0);
});

Deno.test("Refusals logs a burst once, and once a minute while it lasts", () => {
  const clock = new FakeClock();
  const lines: unknown[] = [];
  const logger = { ...createLogger("silent"), warn: (_: string, fields?: object) => void lines.push(fields) };
  const refusals = new Refusals(logger, clock);
  const call = { path: "/a.B/C", finish() {} } as never;
  for (let second = 0; second < 70; second++) {
    for (let n = 0; n < 100; n++) refusals.refuse(call, "rate", "rate", { text: "", pushback: 1 });
    clock.pass(1000);
  }
  clock.pass(11_000);
  refusals.refuse(call, "rate", "rate", { text: "", pushback: 1 });
  const line = (refused: number) => ({ by: "rate", option: "rate", path: "/a.B/C", refused });
  assertEquals(lines, [line(1), line(6100), line(900)]);
  assertEquals([...refusals.counts], [["rate", 7001]]);
});
