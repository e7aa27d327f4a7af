import { assert, assertEquals, assertRejects } from "@std/assert";
import { sleep, within } from "./wait.ts";

const never = () => new Promise<string>(() => {});
const late = () => "late";

Deno.test("within() settles as its promise does, if that is in time", async () => {
  assertEquals(await within(Promise.resolve("in time"), 60_000, late), "in time");
  assertEquals(await within(Promise.resolve("in time"), Infinity, late, new AbortController().signal), "in time");
  await assertRejects(() => within(Promise.reject(new Error("no")), 60_000, late), Error, "no");
});

Deno.test("within() returns the result of onLate, or throws its error, when the time has passed", async () => {
  assertEquals(await within(never(), 1, late), "late");
  const fail = () => {
    throw new Error("too late");
  };
  await assertRejects(() => within(never(), 1, fail), Error, "too late");
});

Deno.test("within() ends at once when its signal aborts, before or while it waits", async () => {
  const aborted = () => "aborted";
  assertEquals(
    await within(Promise.reject(new Error("unheard")), 60_000, late, AbortSignal.abort(), aborted),
    "aborted",
  );
  const controller = new AbortController();
  const waiting = within(never(), Infinity, late, controller.signal, aborted);
  controller.abort();
  assertEquals(await waiting, "aborted");
  assertEquals(await within(never(), 60_000, late, AbortSignal.abort()), "late");
});

Deno.test("sleep() ends at once when its signal aborts, before or while it waits", async () => {
  const start = performance.now();
  await sleep(60_000, AbortSignal.abort());
  const controller = new AbortController();
  const sleeping = sleep(60_000, controller.signal);
  controller.abort();
  await sleeping;
  assert(performance.now() - start < 1000);
});

Deno.test("sleep() ends after its time", async () => {
  const start = performance.now();
  assertEquals(await sleep(20), undefined);
  assert(performance.now() - start >= 19);
});
