import { assert, assertEquals } from "@std/assert";
import { Draining } from "./draining.ts";

Deno.test("begin() aborts the signals of the calls that run, once, with one reason", () => {
  const draining = new Draining();
  const [running, ended] = [draining.enter(), draining.enter()];
  draining.leave(ended);
  draining.begin();
  const { reason } = running.signal;
  assertEquals([running.signal.aborted, ended.signal.aborted], [true, false]);
  draining.begin();
  assertEquals(draining.enter().signal.reason, reason);
});

Deno.test("a call that enters after begin() has an aborted signal", () => {
  const draining = new Draining();
  draining.begin();
  assert(draining.enter().signal.aborted);
});

Deno.test("a call that has ended gets a signal of its own, which does not abort later", () => {
  const draining = new Draining();
  const [first, second] = [draining.left(), draining.left()];
  assert(first !== second);
  draining.begin();
  assertEquals([first.signal.aborted, draining.left().signal.aborted], [false, true]);
});
