import { assertEquals } from "@std/assert";
import type { Connection } from "../../../transport/transport.ts";
import { RetryBudget } from "./retry_budget.ts";

Deno.test("a budget allows no retry once half of its tokens are used, until successes return some", () => {
  const budget = new RetryBudget(() => ({ tokens: 10, ratio: 0.5 }));
  for (let i = 0; i < 4; i++) budget.failed();
  assertEquals(budget.allows, true);
  budget.failed();
  assertEquals(budget.allows, false);
  budget.succeeded();
  assertEquals(budget.allows, true);
});

Deno.test("a lost connection counts as one failure for all its calls", () => {
  const budget = new RetryBudget(() => ({ tokens: 4, ratio: 0.1 }));
  const [one, other] = [{}, {}] as Connection[];
  for (let i = 0; i < 100; i++) budget.failed(one);
  assertEquals(budget.allows, true);
  budget.failed(other);
  assertEquals(budget.allows, false);
});

Deno.test("a budget is never below zero nor above its size", () => {
  const budget = new RetryBudget(() => ({ tokens: 10, ratio: 1 }));
  for (let i = 0; i < 100; i++) budget.failed();
  for (let i = 0; i < 6; i++) budget.succeeded();
  assertEquals(budget.allows, true);
  for (let i = 0; i < 100; i++) budget.succeeded();
  for (let i = 0; i < 5; i++) budget.failed();
  assertEquals(budget.allows, false);
});

Deno.test("a budget keeps its state when its size changes", () => {
  const rules = { tokens: 10, ratio: 0.1 };
  const budget = new RetryBudget(() => rules);
  for (let i = 0; i < 5; i++) budget.failed();
  rules.tokens = 20;
  assertEquals(budget.allows, true);
  rules.tokens = 6;
  assertEquals(budget.allows, false);
});

Deno.test("while all calls fail, retries add 33 to any number of them; while 5 % of attempts fail, none is refused", () => {
  const load = (share: (call: number) => boolean) => {
    const budget = new RetryBudget(() => ({ tokens: 100, ratio: 0.1 }));
    let attempts = 0;
    for (let call = 0; call < 10_000; call++) {
      for (let attempt = 1; attempt <= 3; attempt++) {
        attempts++;
        if (!share(attempts)) {
          budget.succeeded();
          break;
        }
        budget.failed();
        if (!budget.allows) break;
      }
    }
    return attempts;
  };
  assertEquals(load(() => true), 10_033);
  assertEquals(load((attempt) => attempt % 20 === 0), 10_526); // 5 % fail: all are tried again
});
