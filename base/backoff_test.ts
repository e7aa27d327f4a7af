import { assert, assertEquals } from "@std/assert";
import { backoff, sleep } from "./backoff.ts";

Deno.test("backoff() is random between 100 ms and a bound that doubles up to the most", () => {
  const longest = (failures: number) => Math.max(...Array.from({ length: 2000 }, () => backoff(failures, 5000)));
  for (const [failures, bound] of [[0, 250], [1, 500], [4, 4000], [5, 5000], [2000, 5000]] as const) {
    const seen = longest(failures);
    assert(seen <= bound && seen > bound * 0.9, `${failures} failures: at most ${seen}, not ${bound}`);
  }
  const shortest = Math.min(...Array.from({ length: 2000 }, () => backoff(10, 5000)));
  assert(shortest >= 100 && shortest < 500, `at least ${shortest}`);
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
  assertEquals(await sleep(20, new AbortController().signal), undefined);
  assert(performance.now() - start >= 19);
});
