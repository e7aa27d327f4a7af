import { assert } from "@std/assert";
import { CONSUL_PERMISSIONS } from "../consul.ts";
import { needs } from "../needs.ts";
import { until } from "../observe.ts";
import { figure } from "./figures.ts";
import { assertNoneFailed, between, failed, pause, percentile, shareOf } from "./judge.ts";
import type { Call } from "./load.ts";
import { startPool } from "./pool.ts";

needs(
  CONSUL_PERMISSIONS,
  "an instance that is frozen is ejected within 3 s by the client itself, and gets calls again when it goes on",
  async () => {
    // Consul looks so seldom that it does not help.
    await using pool = await startPool(3, { consulOptions: { checkInterval: 60_000 } });
    await using load = await pool.load({ rate: 200, timeout: 1000 });
    const options = { retry: { perTryTimeout: 250 } };
    await using patient = await pool.load({ rate: 50, timeout: 1000, options });
    const [victim] = pool.instances;
    await pause(2000);
    const before = (await load.report()).calls;
    assertNoneFailed(before);

    victim!.signal("SIGSTOP");
    const frozen = Date.now();
    await pause(8000);
    const { calls } = await load.report();
    const after = between(calls, frozen + 3000);
    // Whether it is well again is found out by one call at a time, every 5 s and later.
    const probes = failed(after);
    assert(probes.length <= 1, `${probes.length} calls failed later than 3 s after`);
    const [normal, late] = [percentile(before, 99), percentile(after, 99)];
    assert(late < normal + 50, `the 99th percentile was ${normal} ms, and is ${late} ms after 3 s`);

    victim!.signal("SIGCONT");
    const thawed = Date.now();
    const returned: Call[] = [];
    await until(
      async () => {
        returned.push(...(await load.report()).calls);
        return shareOf(between(returned, Date.now() - 1000), victim!.address) > 0.2;
      },
      "it has its share again",
      30_000,
    );
    const took = Date.now() - thawed;
    assertNoneFailed(between(returned, thawed + 1000));
    const retried = (await patient.end()).calls;
    assertNoneFailed(retried);
    const lost = failed(calls);
    const last = Math.max(...lost.map(({ at }) => at - frozen).filter((at) => at < 3000));
    figure(
      "one of 3 frozen",
      `without perTryTimeout ${lost.length} calls failed by their deadline of 1 s, the last but ${probes.length} probe begun after ` +
        `${last.toFixed(0)} ms; with it 0 of ${retried.length}; p99 ${normal.toFixed(1)} ms before, ` +
        `${late.toFixed(1)} ms from the 3rd second on; its share again ${(took / 1000).toFixed(1)} s after SIGCONT`,
    );
  },
);
