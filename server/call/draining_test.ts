import { assertEquals } from "@std/assert";
import { Draining } from "./draining.ts";

Deno.test("begin() aborts the signals of the calls that run, once, with one reason", () => {
  const draining = new Draining();
  const [running, ended] = [draining.enter(), draining.enter()];
  draining.leave(ended);
  draining.begin();
  const { reason } = draining.signal;
  assertEquals([running.signal.reason, running.signal.aborted, ended.signal.aborted], [reason, true, false]);
  draining.begin();
  assertEquals(draining.signal.reason, reason);
});

Deno.test("a call that enters after begin() has an aborted signal", () => {
  const draining = new Draining();
  draining.begin();
  assertEquals(draining.enter().signal.reason, draining.signal.reason);
});
