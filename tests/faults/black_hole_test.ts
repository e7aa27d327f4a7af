import { assert, assertEquals } from "@std/assert";
import { CONSUL_PERMISSIONS } from "../consul.ts";
import { needs } from "../needs.ts";
import { figure, LONG } from "./figures.ts";
import { assertNoneFailed, between, failed, pause, shareOf } from "./judge.ts";
import { startPool } from "./pool.ts";

for (const status of LONG ? ["UNAVAILABLE", "INTERNAL"] as const : ["UNAVAILABLE"] as const) {
  needs(
    CONSUL_PERMISSIONS,
    `an instance that answers ${status} at once, which least-in-flight would like best, is ejected within 50 calls`,
    async () => {
      await using pool = await startPool(3, { delay: 20 });
      const options = { balancer: "least_in_flight", retry: false } as const;
      await using load = await pool.load({ rate: 200, options });
      const [hole] = pool.instances;
      await pause(1500);
      assertNoneFailed((await load.report()).calls);

      await hole!.behave({ status });
      const from = Date.now();
      await pause(4000); // less than the least time of ejection
      const { calls } = await load.report();
      const lost = failed(calls);
      assert(lost.length > 0 && lost.length <= 50, `${lost.length} calls failed`);
      assertEquals(new Set(lost.map((call) => call.instance)), new Set([hole!.address]));
      const last = Math.max(...lost.map(({ at }) => at - from));
      assertEquals(shareOf(between(calls, from + last + 1), hole!.address), 0);

      await hole!.behave({ delay: 20 });
      await pause(12_000);
      const well = Date.now();
      await pause(2000);
      const after = between((await load.end()).calls, well);
      assertNoneFailed(after);
      assert(
        shareOf(after, hole!.address) > 0.2,
        `its share is ${shareOf(after, hole!.address)} when it is well again`,
      );
      figure(`one of 3 answers ${status} at once`, `${lost.length} calls failed, the last after ${last.toFixed(0)} ms`);
    },
  );
}
