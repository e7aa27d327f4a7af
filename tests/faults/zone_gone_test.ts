import { assert, assertEquals } from "@std/assert";
import { CONSUL_PERMISSIONS } from "../consul.ts";
import { needs } from "../needs.ts";
import { figure } from "./figures.ts";
import { assertNoneFailed, between, failed, pause, shareOf } from "./judge.ts";
import { startPool } from "./pool.ts";

needs(CONSUL_PERMISSIONS, "clients that stay in their zone go to another as soon as all of it is killed", async () => {
  await using pool = await startPool(2, { delay: 20, options: { tags: { zone: "a" } } });
  const far = await pool.add({ options: { tags: { zone: "b" } } });
  await pool.listed(3);
  await using reads = await pool.load({ rate: 100, options: { zone: "a" } });
  await using writes = await pool.load({ rate: 100, method: "write", options: { zone: "a" } });
  // The first calls may go to whoever is connected first.
  await pause(500);
  await reads.report();
  await pause(1000);
  assertEquals(shareOf((await reads.report()).calls, far.address), 0);
  await Promise.all(pool.instances.slice(0, 2).map((instance) => instance.kill()));
  const gone = Date.now();
  await pause(2000);
  const { calls: repeated } = await reads.end();
  const { calls: once } = await writes.end();
  assertNoneFailed(repeated);
  assertEquals(shareOf(between(repeated, gone + 200), far.address), 1);
  const lost = failed(once);
  // In flight on either, 1 each, and more where the machine is busy.
  assert(lost.length < 20, `${lost.length} calls failed`);
  assertNoneFailed(between(once, gone + 200));
  figure(
    "all of its own zone killed",
    `reads: 0 of ${repeated.length} failed; writes: ${lost.length} of ${once.length}`,
  );
});
