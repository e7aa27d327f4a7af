import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { Status } from "../mod.ts";
import { EchoService } from "../proto/echo.ts";
import { assertRpcError, fakeClock, testPair } from "./mod.ts";

Deno.test("fakeClock() stops every clock until time passes, and gives the real ones back", async () => {
  const real = [performance.now, setTimeout, clearTimeout, Date.now];
  {
    using clock = fakeClock();
    const [date, mono] = [Date.now(), performance.now()];
    const rang: number[] = [];
    setTimeout(() => rang.push(Date.now() - date), 10);
    const interval = setInterval(() => rang.push(performance.now() - mono), 4);
    await clock.pass(11);
    clearInterval(interval);
    assertEquals(rang, [4, 8, 10]);
    setTimeout(() => rang.push(0));
    clearTimeout(setTimeout(() => rang.push(1), 0));
    clearTimeout(setTimeout(() => rang.push(2), 1));
    await new Promise<void>((resolve) => setTimeout(resolve, 0));
    await clock.pass(1);
    assertEquals(rang, [4, 8, 10, 0]);
    assertEquals([clock.now - date, Date.now() - date, performance.now() - mono], [12, 12, 12]);
    assertThrows(() => fakeClock(), TypeError, "another one is running");
    await assertRejects(() => clock.pass(0.5), RangeError, "0.5 is no whole number");
  }
  assertEquals([performance.now, setTimeout, clearTimeout, Date.now], real);
});

Deno.test("fakeClock().pass() settles as the promise does within the time, or reports that it is still pending", async () => {
  using clock = fakeClock();
  const after = (ms: number) => new Promise<number>((resolve) => setTimeout(() => resolve(ms), ms));
  assertEquals(await clock.pass(5, after(5)), 5);
  const failed = after(1).then(() => Promise.reject(new TypeError("bug")));
  const start = clock.now;
  await assertRejects(() => clock.pass(5, failed), TypeError, "bug");
  assertEquals(clock.now - start, 5, "the failure waits for the rest of the time");
  const text = "5 ms have passed, and what should have ended by then is still pending";
  await assertRejects(() => clock.pass(5, after(6)), Error, text);
  let turns = 100;
  const turn = async () => {
    while (turns-- > 0) await new Promise((resolve) => setTimeout(resolve, 0));
  };
  await clock.pass(0, turn());
});

Deno.test("fakeClock() drives the backoff of retries", async () => {
  using clock = fakeClock();
  await using echo = await testPair(EchoService, { echo: () => ({ resp: "" }) }, {
    client: { retry: { attempts: 3, backoff: 1000, maxBackoff: 1000 } },
  });
  echo.faults.inject({ attempts: [1, 2], status: Status.UNAVAILABLE });
  const start = clock.now;
  const at: number[] = [];
  const done = echo.client.echo({ mes: "" }, { timeout: 60_000 }).then(() => at.push(clock.now - start));
  await clock.pass(3000, done);
  assert(at[0]! >= 2 * 800 && at[0]! <= 2 * 1200, `two backoffs took ${at[0]} ms`);
});

Deno.test("fakeClock() drives a breaker from open to closed", async () => {
  using clock = fakeClock();
  await using echo = await testPair(EchoService, { echo: () => ({ resp: "" }) }, {
    client: { breaker: { samples: 5, openTime: 1_000 } },
  });
  echo.faults.inject({ status: Status.UNAVAILABLE });
  for (let i = 0; i < 10; i++) await assertRpcError(echo.client.echo({ mes: "" }), { code: Status.UNAVAILABLE });
  const { length } = echo.faults.attempts;
  assert(length < 10, "it is open");
  echo.faults.clear();
  await clock.pass(1_001);
  await echo.client.echo({ mes: "" });
  assertEquals(echo.faults.attempts.length, length + 1);
});
