import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { CONSUL_PERMISSIONS } from "../consul.ts";
import { needs } from "../needs.ts";
import { until } from "../observe.ts";
import { figure } from "./figures.ts";
import { assertNoneFailed, between, failed, pause } from "./judge.ts";
import { startPool } from "./pool.ts";

for (const same of [true, false]) {
  const where = same ? "on the same address" : "elsewhere";
  needs(
    CONSUL_PERMISSIONS,
    `when all instances are gone calls fail with the reason, and succeed within 1 s of the first that passes ${where}`,
    async () => {
      await using pool = await startPool(2);
      await using load = await pool.load({ rate: 50 });
      const [old] = pool.instances;
      await Promise.all(pool.instances.map((instance) => instance.kill()));
      await pool.listed(0);
      await load.report();
      // By now the pauses between the client's attempts to connect are at their longest, were they to count.
      await pause(10_000);
      const { calls: gone } = await load.report();
      assert(gone.length > 100, `${gone.length} calls ended`);
      assertEquals(new Set(gone.map(({ status }) => status)), new Set(["UNAVAILABLE"]));
      const { error = "" } = gone.at(-1)!;
      assertStringIncludes(error, "pool");
      assertStringIncludes(error, "Connection refused");

      await pool.add(same ? { options: { address: old!.address } } : {});
      await until(async () => (await pool.passing()).length > 0, "Consul lists it");
      const passing = Date.now();
      const { calls: first } = await load.report();
      await pause(3000);
      const { calls } = await load.end();
      assertNoneFailed(between(calls, passing + 1000));
      const last = Math.max(0, ...failed([...first, ...calls]).map(({ at, took }) => at + took - passing));
      figure(
        `all gone, then back ${where}`,
        `"${error.replaceAll("|", "/")}"; the last failure ${last.toFixed(0)} ms after Consul listed the first`,
      );
    },
  );
}
