import { assert } from "@std/assert";
import { CONSUL_PERMISSIONS } from "../consul.ts";
import { needs } from "../needs.ts";
import { figure } from "./figures.ts";
import { assertNoneFailed, between, pause, shareOf } from "./judge.ts";
import { startPool } from "./pool.ts";

needs(
  CONSUL_PERMISSIONS,
  "p2c gives an instance that is slow by 500 ms less than 5 % of the calls, and its share again when it is not",
  async () => {
    await using pool = await startPool(3, { delay: 5 });
    await using load = await pool.load({ rate: 200, timeout: 5000, options: { balancer: "p2c" } });
    const [slow] = pool.instances;
    await pause(2000);
    const before = shareOf((await load.report()).calls, slow!.address);
    assert(before > 0.2, `its share is ${before} before`);

    await slow!.behave({ delay: 505 });
    const from = Date.now();
    await pause(7000);
    const calls = between((await load.report()).calls, from + 1000);
    assertNoneFailed(calls);
    const share = shareOf(calls, slow!.address);
    assert(share < 0.05, `its share is ${share}`);

    await slow!.behave({ delay: 5 });
    await pause(8000);
    const well = Date.now();
    await pause(3000);
    const after = shareOf(between((await load.end()).calls, well), slow!.address);
    assert(after > 0.2, `its share is ${after} afterwards`);
    const percent = (share: number) => `${(share * 100).toFixed(1)} %`;
    figure(
      "one of 3 slow by 500 ms",
      `its share under p2c: ${percent(before)} before, ${percent(share)} while slow, ${percent(after)} from 8 s after`,
    );
  },
);
