import { assert } from "@std/assert";
import { CONSUL_PERMISSIONS } from "../consul.ts";
import { needs } from "../needs.ts";
import { until } from "../observe.ts";
import { figure, LONG } from "./figures.ts";
import { assertNoneFailed, between, failed, pause, percentile, shareOf } from "./judge.ts";
import type { Call, LoadSetup } from "./load.ts";
import { type Load, startPool } from "./pool.ts";

/** What clients may have set. */
const WAYS: Record<string, Omit<LoadSetup, "rate">> = {
  "defaults": { timeout: 10_000 },
  "deadlines of 1 s": { timeout: 1000 },
  "perTryTimeout of 250 ms": { timeout: 10_000, options: { retry: { perTryTimeout: 250 } } },
  "a hedge after 100 ms": { timeout: 10_000, options: { hedge: { delay: 100 } } },
};
/** How long the instance is frozen, in milliseconds. A call that begins at the end of that time still has its 10 s. */
const FROZEN_MS = LONG ? 15_000 : 7000;

needs(
  CONSUL_PERMISSIONS,
  "a frozen instance gets no calls after 3 s, perTryTimeout and hedges avoid it from the start, and it gets calls again after it resumes",
  async () => {
    // Consul looks so seldom, once a day, that it neither helps nor disturbs.
    await using pool = await startPool(3, { consulOptions: { checkInterval: 86_400_000 } });
    await using stack = new AsyncDisposableStack();
    const loads: [string, Load][] = [];
    for (const [setupName, setup] of Object.entries(WAYS)) {
      loads.push([setupName, stack.use(await pool.load({ rate: 50, ...setup }))]);
    }
    await pause(2000);
    const before = await Promise.all(loads.map(async ([, load]) => (await load.report()).calls));
    const victim = pool.instances[0]!;
    victim.signal("SIGSTOP");
    const frozen = Date.now();
    await pause(FROZEN_MS);
    victim.signal("SIGCONT");
    const thawed = Date.now();
    const all = await Promise.all(loads.map(([setupName, load]) => untilBack(load, victim.address, setupName)));
    for (const [i, [setupName]] of loads.entries()) {
      const { calls, took } = all[i]!;
      const lost = failed(calls);
      const late = between(calls, frozen + 3000, thawed);
      const [normal, p99] = [percentile(before[i]!, 99), percentile(late, 99)];
      figure(
        `one of 3 frozen: ${setupName}`,
        `${lost.length} of ${calls.length} calls failed, ${
          failed(late).length
        } of them begun later than 3 s after it; ` +
          `p99 ${normal.toFixed(1)} ms before, ${p99.toFixed(1)} ms from the 3rd second on; back ${
            (took / 1000).toFixed(1)
          } s after SIGCONT`,
      );
      if (/perTry|hedge/.test(setupName)) assertNoneFailed(calls);
      // Whether it is well again is found out by one call at a time, every 5 s and later.
      assert(failed(late).length <= FROZEN_MS / 5000, `${failed(late).length} calls failed with ${setupName}`);
      const text = `the 99th percentile was ${normal} ms, and is ${p99} ms from the 3rd second on, with ${setupName}`;
      // A call to it takes a second or more, of which none is left; a probe that is repeated elsewhere takes
      // perTryTimeout.
      assert(p99 < normal + 500, text);
      assert(percentile(late, 90) < percentile(before[i]!, 99) + 100, text);
    }
  },
);

/** The calls up to where the instance has its share again, and how many milliseconds that takes. */
async function untilBack(load: Load, address: string, setupName: string): Promise<{ calls: Call[]; took: number }> {
  const calls: Call[] = [];
  const start = Date.now();
  const share = () => shareOf(between(calls, Date.now() - 1000), address);
  await until(
    async () => {
      calls.push(...(await load.report()).calls);
      return share() > 0.2;
    },
    `it has its share again with ${setupName}`,
    40_000,
  );
  return { calls, took: Date.now() - start };
}
