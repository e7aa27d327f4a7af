import { assertEquals, assertMatch } from "@std/assert";
import type { BreakerRules } from "../../policy/client_rules.ts";
import { Breaker, type Verdict } from "./breaker.ts";

const RULES: BreakerRules = { failureRate: 0.5, samples: 10, window: 1000, openTime: 500, probes: 2 };

/** A breaker with a clock that is set by hand. */
function breaker(rules: BreakerRules = RULES) {
  const breaker = new Breaker((): number => state.now);
  const state = {
    now: 0,
    rules,
    enter: () => breaker.enter(state.rules),
    leave: (pass: number | string, verdict: Verdict) => breaker.leave(state.rules, pass as number, verdict),
    /** Calls that end at once; how many were let through. */
    call(verdict: Verdict, times = 1): number {
      let through = 0;
      for (let i = 0; i < times; i++) {
        const pass = state.enter();
        if (typeof pass === "string") continue;
        through++;
        state.leave(pass, verdict);
      }
      return through;
    },
  };
  return state;
}

Deno.test("a breaker opens at its failure rate, not below it and not before its minimum of samples", () => {
  const one = breaker();
  one.call("failed", 9);
  assertEquals(one.call("succeeded"), 1); // the tenth sample: judged at the next failure
  assertEquals(one.call("failed"), 1);
  assertEquals(one.call("failed"), 0);

  const half = breaker();
  for (let i = 0; i < 100; i++) assertEquals([half.call("succeeded", 2), half.call("failed")], [2, 1]);

  const all = breaker({ ...RULES, failureRate: 1 });
  assertEquals(all.call("failed", 20), 10);
});

Deno.test("calls of unknown result do not count", () => {
  const one = breaker();
  one.call("unknown", 100);
  one.call("failed", 9);
  assertEquals(one.call("unknown"), 1);
  one.call("failed");
  assertEquals(one.call("unknown"), 0);
});

Deno.test("failures older than the window are forgotten", () => {
  const one = breaker();
  one.call("failed", 9);
  one.now = 1000;
  assertEquals(one.call("failed", 9), 9);
  one.now = 1999;
  one.call("failed");
  assertEquals(typeof one.enter(), "string");
});

Deno.test("an open breaker reports why it is open, and when it will be half-open", () => {
  const one = breaker();
  one.call("failed", 10);
  one.now = 200;
  assertEquals(one.enter(), "10 of 10 calls (100 %) failed within 1 s; it tries again in 0.3 s");
});

Deno.test("a half-open breaker lets its number of probes through, and closes if all succeed", () => {
  const one = breaker();
  one.call("failed", 10);
  one.now = 499;
  assertEquals(one.call("succeeded"), 0);
  one.now = 500;
  const first = one.enter(), second = one.enter();
  assertMatch(one.enter() as string, /calls are probing/);
  one.leave(first, "succeeded");
  assertMatch(one.enter() as string, /calls are probing/);
  one.leave(second, "succeeded");
  assertEquals(one.call("failed", 9), 9); // closed, and its window is empty
});

Deno.test("a failed probe opens the breaker again for its full time", () => {
  const one = breaker();
  one.call("failed", 10);
  one.now = 500;
  const first = one.enter(), second = one.enter();
  one.leave(first, "failed");
  one.leave(second, "succeeded"); // too late to count
  assertEquals(one.enter(), "a call that probed failed; it tries again in 0.5 s");
  one.now = 1000;
  assertEquals(one.call("succeeded", 2), 2);
  assertEquals(one.call("succeeded", 5), 5);
});

Deno.test("a probe of unknown result is replaced; one that never ends is not awaited", () => {
  const one = breaker();
  one.call("failed", 10);
  one.now = 500;
  assertEquals(one.call("unknown", 5), 5);
  one.enter();
  one.enter();
  assertEquals(one.call("succeeded"), 0);
  one.now = 1001;
  assertEquals(one.call("succeeded", 2), 2);
  assertEquals(one.call("succeeded", 5), 5);
});

Deno.test("calls that began before the breaker opened do not count as probes", () => {
  const one = breaker();
  const old = one.enter();
  one.call("failed", 10);
  one.now = 500;
  one.leave(old, "failed");
  assertEquals(one.call("succeeded", 2), 2);
});

Deno.test("new rules apply at once, and the counts stay", () => {
  const one = breaker();
  one.call("failed", 9);
  one.rules = { ...RULES, samples: 5, openTime: 100 };
  one.call("failed");
  assertEquals(typeof one.enter(), "string");
  one.now = 100;
  one.rules = { ...one.rules, probes: 1 };
  assertEquals(one.call("succeeded"), 1);
  assertEquals(one.call("succeeded", 3), 3);
});
