import { assert } from "@std/assert";
import { backoff, retryBackoff } from "./backoff.ts";

Deno.test("backoff() is random between 100 ms and a bound that doubles up to the most", () => {
  const longest = (failures: number) => Math.max(...Array.from({ length: 2000 }, () => backoff(failures, 5000)));
  for (const [failures, bound] of [[0, 250], [1, 500], [4, 4000], [5, 5000], [2000, 5000]] as const) {
    const seen = longest(failures);
    assert(seen <= bound && seen > bound * 0.9, `${failures} failures: at most ${seen}, not ${bound}`);
  }
  const shortest = Math.min(...Array.from({ length: 2000 }, () => backoff(10, 5000)));
  assert(shortest >= 100 && shortest < 500, `at least ${shortest}`);
});

Deno.test("retryBackoff() grows by its multiplier up to the most, with a jitter of a fifth", () => {
  for (const [failures, mean] of [[0, 100], [1, 150], [2, 225], [20, 1000]] as const) {
    const waits = Array.from({ length: 2000 }, () => retryBackoff(failures, 100, 1.5, 1000) / mean);
    const [least, most] = [Math.min(...waits), Math.max(...waits)];
    assert(least >= 0.8 && least < 0.82 && most <= 1.2 && most > 1.18, `${failures} failures: ${least} to ${most}`);
  }
});
