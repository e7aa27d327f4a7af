import { assert, assertEquals } from "@std/assert";
import { ConcurrencyLimit, type Entrant } from "./concurrency_limit.ts";
import { FakeClock } from "./fake_clock.ts";

const RULES = { limit: 2, queue: 3, queueTimeout: 500, option: "concurrency" } as const;

/** Creates a limit, with a log of the calls that began or were rejected. */
function make(rules: Partial<ConstructorParameters<typeof ConcurrencyLimit>[0]> = {}) {
  const clock = new FakeClock();
  const limit = new ConcurrencyLimit({ ...RULES, ...rules }, clock);
  const log: string[] = [];
  const call = (name: string, deadline = Infinity): Entrant => ({
    deadline,
    begin: () => void log.push(`${name} begins`),
    refuse: ({ text }) => void log.push(`${name}: ${text.replace(/.*, and /, "")}`),
  });
  const take = () => log.splice(0);
  return { clock, limit, call, take };
}

Deno.test("ConcurrencyLimit lets calls wait in order of arrival, and rejects a call if the line is full", () => {
  const { limit, call, take } = make();
  const waits = ["a", "b", "c", "d", "e", "f"].map((name) => limit.enter(call(name)));
  assertEquals(waits, [false, false, true, true, true, false]);
  assertEquals(take(), ["a begins", "b begins", "f: 3 wait (concurrency.queue)"]);
  limit.leave(0);
  limit.leave(0);
  assertEquals(take(), ["c begins", "d begins"]);
  assertEquals([limit.inFlight, limit.waiting], [2, 1]);
  limit.close();
});

Deno.test("ConcurrencyLimit does not begin a call that has left the line", () => {
  const { limit, call, take } = make();
  const gone = call("gone");
  for (const entrant of [call("a"), call("b"), gone, call("d")]) limit.enter(entrant);
  limit.drop(gone);
  limit.leave(0);
  assertEquals(take(), ["a begins", "b begins", "d begins"]);
});

Deno.test("ConcurrencyLimit rejects a call that has waited for queueTimeout, even if no call ends", () => {
  const { limit, call, take, clock } = make();
  for (const name of ["a", "b", "c"]) limit.enter(call(name));
  clock.pass(300);
  limit.enter(call("d"));
  take();
  clock.pass(200);
  assertEquals(take(), ["c: its turn has not come in time (concurrency.queueTimeout)"]);
  clock.pass(300);
  assertEquals(take(), ["d: its turn has not come in time (concurrency.queueTimeout)"]);
  assertEquals(clock.timers, 0);
});

Deno.test("ConcurrencyLimit rejects a call at once if its deadline comes before its turn", () => {
  const { limit, call, take, clock } = make();
  for (const name of ["a", "b", "c"]) limit.enter(call(name));
  take();
  clock.time += 200;
  assertEquals(limit.enter(call("hasty", clock.time + 150)), false);
  assertEquals(limit.enter(call("patient", clock.time + 250)), true);
  assertEquals(take(), ["hasty: its turn would come after its deadline"]);
  limit.close();
});

Deno.test("ConcurrencyLimit serves recent calls while there is a standing queue, and leaves no slot empty", () => {
  const { limit, call, take, clock } = make({ limit: 1, queue: 100 });
  limit.enter(call("first"));
  // A call arrives every 50 ms, and a call ends every 100 ms.
  for (let n = 0; n < 100; n++) {
    clock.time += 50;
    limit.enter(call(`${clock.time}`));
    if (n % 2 === 1) limit.leave(undefined);
    assertEquals(limit.inFlight, 1);
    for (const line of take().filter((line) => n > 50 && line.endsWith("begins"))) {
      assert(clock.time - parseInt(line) <= 50, `${line} at ${clock.time}`);
    }
  }
  limit.close();
});

Deno.test("ConcurrencyLimit begins calls that end at once without recursion", () => {
  const clock = new FakeClock();
  const limit = new ConcurrencyLimit({ ...RULES, limit: 1, queue: 100_000 }, clock);
  let begun = 0;
  limit.enter({ deadline: Infinity, begin() {}, refuse() {} });
  for (let n = 0; n < 100_000; n++) {
    limit.enter({ deadline: Infinity, begin: () => (begun++, limit.leave(undefined)), refuse() {} });
  }
  limit.leave(undefined);
  assertEquals([begun, limit.inFlight], [100_000, 0]);
  limit.close();
});
