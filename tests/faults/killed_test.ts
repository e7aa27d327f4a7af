import { assert, assertEquals } from "@std/assert";
import { CONSUL_PERMISSIONS } from "../consul.ts";
import { needs } from "../needs.ts";
import { figure } from "./figures.ts";
import { assertNoneFailed, failed, pause } from "./judge.ts";
import { startPool } from "./pool.ts";

needs(
  CONSUL_PERMISSIONS,
  "an instance that is killed under load fails no call that may be repeated, and of the others only those in flight on it",
  async () => {
    await using pool = await startPool(3, { delay: 50 });
    await using reads = await pool.load({ rate: 200 });
    await using writes = await pool.load({ rate: 200, method: "write" });
    await pause(2000);
    const before = Date.now();
    await pool.instances[0]!.kill();
    const after = Date.now();
    await pause(4000);
    const { calls: repeated } = await reads.end();
    const { calls: once } = await writes.end();

    assertNoneFailed(repeated);
    assert(repeated.length > 1000, `${repeated.length} calls`);
    const lost = failed(once);
    // With 50 ms a call and a third of 200 a second, 3 are in flight on it; more where the machine is busy.
    assert(lost.length > 0 && lost.length < 20, `${lost.length} calls failed`);
    for (const call of lost) {
      assertEquals(call.status, "UNAVAILABLE", call.error);
      const inFlight = call.at <= after && call.at + call.took >= before;
      assert(inFlight, `killed from ${before} to ${after}: ${JSON.stringify(call)}`);
    }
    figure(
      "one of 3 killed",
      `reads: 0 of ${repeated.length} failed; writes: ${lost.length} of ${once.length}, all in flight on it`,
    );
  },
);
