import { AsyncLocalStorage } from "node:async_hooks";
import { assertEquals } from "@std/assert";
import { createLogger } from "../../base/logger.ts";
import { withFakeTime } from "../../tests/fake_time.ts";
import { HealthChecks } from "./checks.ts";

const logger = createLogger("silent");

Deno.test("checks run at most once a second, however many requests there are", () =>
  withFakeTime(async (pass) => {
    let runs = 0;
    const checks = new HealthChecks({ database: () => void runs++ }, 100, logger);
    const ask = (times: number) => Promise.all(Array.from({ length: times }, () => checks.run()));
    assertEquals((await ask(100))[99], { database: "ok" });
    assertEquals(runs, 1);
    await pass(999);
    await ask(10);
    assertEquals(runs, 1);
    await pass(1);
    await ask(10);
    assertEquals(runs, 2);
  }));

Deno.test("a request during a long run waits for that run", async () => {
  let runs = 0;
  const slow = Promise.withResolvers<void>();
  const checks = new HealthChecks({ slow: () => (runs++, slow.promise) }, 60_000, logger);
  const asked = [checks.run(), checks.pass()];
  await Promise.resolve();
  asked.push(checks.run());
  slow.resolve();
  assertEquals(await Promise.all(asked), [{ slow: "ok" }, true, { slow: "ok" }]);
  assertEquals(runs, 1);
});

Deno.test("without checks the result is a pass, and one failed check makes it a failure", async () => {
  assertEquals(await new HealthChecks({}, 100, logger).pass(), true);
  assertEquals(await new HealthChecks({ good: () => true, bad: () => false }, 100, logger).pass(), false);
});

Deno.test("a check does not run in the scope of the call that starts it", async () => {
  const call = new AsyncLocalStorage<string>();
  const seen: unknown[] = [];
  const checks = new HealthChecks({ other: () => void seen.push(call.getStore()) }, 100, logger);
  await call.run("who asks", () => checks.run());
  assertEquals(seen, [undefined]);
});
