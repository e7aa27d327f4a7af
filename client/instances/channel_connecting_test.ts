import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { RpcError } from "../../rpc/error.ts";
import { Status } from "../../rpc/status.ts";
import { settled, withFakeTime } from "../../tests/fake_time.ts";
import { names, setUp, waited } from "../../tests/test_channel.ts";
import { NEW_INSTANCE_SPREAD_MS, RECONNECT_SPREAD_MS } from "./connector.ts";

Deno.test("the first call connects to three instances at once; the others follow at random moments, as do new ones", () =>
  withFakeTime(async (pass) => {
    const { channel, list, seen, ready } = setUp();
    list(...names(100));
    const first = channel.wait({});
    await settled();
    assertEquals(seen.connects.length, 3);
    await pass(2);
    await first;
    await pass(NEW_INSTANCE_SPREAD_MS + 20);
    assertEquals([ready(), seen.connects.length], [100, 100]);
    list(...names(101));
    await pass(NEW_INSTANCE_SPREAD_MS + 2);
    assertEquals(ready(), 101);
    await channel.close();
  }));

Deno.test("the clients of a service connect to a new instance spread over the window, not together", () =>
  withFakeTime(async (pass) => {
    const clients = Array.from({ length: 100 }, () => setUp());
    for (const { channel, list } of clients) list("memory:a"), void channel.wait({});
    await pass(5);
    const start = performance.now();
    for (const { list } of clients) list("memory:a", "memory:b");
    await pass(NEW_INSTANCE_SPREAD_MS + 2);
    const moments = clients.map(({ seen }) => seen.connects[1]!.at - start).sort((a, b) => a - b);
    const range = moments.at(-1)! - moments[0]!;
    // That 100 leave a fifth of the window free at the ends has a chance below 10^-7.
    assert(range >= 0.8 * NEW_INSTANCE_SPREAD_MS, `spread over ${range} ms`);
    assert(Math.max(...moments.map((at) => moments.filter((other) => other === at).length)) < 15);
    for (const { channel } of clients) await channel.close();
  }));

Deno.test("1,000 instances: at most 20 attempts at a time, and an error that names five", () =>
  withFakeTime(async (pass) => {
    const { channel, list, seen, manners, ready } = setUp();
    for (const name of names(1000)) manners.set(name, "refuses");
    list(...names(1000));
    const error = await assertRejects(() => waited(channel, pass), RpcError);
    assertEquals(error.code, Status.UNAVAILABLE);
    assertStringIncludes(error.message, "no connection to echo (memory:i0, memory:i1, ");
    assertStringIncludes(error.message, " and 995 more): memory:i");
    assert(error.message.length < 200, error.message);
    manners.clear();
    list(...names(1000));
    await pass(RECONNECT_SPREAD_MS + 100);
    assertEquals([ready(), seen.mostConnecting <= 20], [1000, true]);
    await channel.close();
  }));

Deno.test("a long list is added, and its connections are closed, in several turns of the event loop", () =>
  withFakeTime(async (pass) => {
    const { channel, list, ready, closes } = setUp();
    const known = () => channel.state().instances.length;
    list(...names(2500));
    void channel.wait({});
    assertEquals(known(), 1000);
    await settled();
    await settled();
    assertEquals(known(), 2500);
    await pass(NEW_INSTANCE_SPREAD_MS + RECONNECT_SPREAD_MS);
    assertEquals(ready(), 2500);
    const turns: number[] = [];
    list("memory:i0");
    assertEquals(known(), 1);
    for (let before = 0; closes.count < 2499; before = closes.count) {
      await settled();
      turns.push(closes.count - before);
    }
    assert(turns.length > 10 && Math.max(...turns) <= 400, `${turns}`);
    // Another list ends what was left of the one before.
    list(...names(2500));
    list("memory:i0");
    await settled();
    assertEquals(known(), 1);
    await channel.close();
  }));

Deno.test("an instance that refuses is retried after a backoff, and within a second of its recovery if a call needs it", () =>
  withFakeTime(async (pass) => {
    const { channel, list, seen, manners, states } = setUp();
    manners.set("memory:a", "refuses");
    list("memory:a");
    const call = () => waited(channel, pass).then(() => true, () => false);
    for (let i = 0; i < 300; i++) await call(), await pass(100);
    await call(); // the pass may have ended just as an attempt began
    assertEquals(states(), { "memory:a": "backing_off" });
    assert(seen.connects.length < 120, `${seen.connects.length} attempts in 30 s`);
    manners.clear();
    const start = performance.now();
    while (!await call()) await pass(10);
    assert(performance.now() - start <= 1020, `${performance.now() - start} ms`); // the loop looks every 10 ms
    await channel.close();
  }));

Deno.test("a new list ends the backoff: its instances are connected to at once", () =>
  withFakeTime(async (pass) => {
    const { channel, list, lose, seen, manners } = setUp();
    manners.set("memory:a", "refuses");
    list("memory:a");
    for (let i = 0; i < 30; i++) await waited(channel, pass).catch(() => {}), await pass(500);
    list();
    const error = await assertRejects(() => channel.wait({}), RpcError);
    assertEquals(error.rawMessage, "no instance of echo is known");
    manners.clear();
    list("memory:a");
    let start = performance.now();
    await waited(channel, pass);
    assert(performance.now() - start <= 2);

    manners.set("memory:a", "refuses");
    lose("memory:a");
    for (let i = 0; i < 30; i++) await waited(channel, pass).catch(() => {}), await pass(500);
    await waited(channel, pass).catch(() => {});
    manners.clear();
    list("memory:a"); // one that was kept, and is confirmed now
    start = performance.now();
    await waited(channel, pass);
    assert(performance.now() - start <= 2);
    const count = seen.connects.length;
    await pass(1000);
    assertEquals(seen.connects.length, count);
    await channel.close();
  }));

Deno.test("instances that hang do not keep a call from healthy ones", () =>
  withFakeTime(async (pass) => {
    const { channel, list, manners } = setUp();
    for (const name of names(9)) manners.set(name, "hangs");
    list(...names(10));
    const start = performance.now();
    assertEquals((await waited(channel, pass)).instance.address, "memory:i9");
    assert(performance.now() - start <= NEW_INSTANCE_SPREAD_MS + 2);
    await channel.close();
  }));

Deno.test("while some instances hang, one that refused is retried, and takes the waiting call within a second", () =>
  withFakeTime(async (pass) => {
    for (let i = 0; i < 5; i++) {
      const { channel, list, manners } = setUp({ connectTimeout: 60_000 });
      for (const name of names(3)) manners.set(name, "hangs");
      manners.set("memory:a", "refuses");
      list(...names(3), "memory:a");
      let done = false;
      void channel.wait({}).then(() => done = true);
      await pass(15_000);
      manners.delete("memory:a");
      await pass(1000 + 300);
      assert(done);
      await channel.close();
    }
  }));

Deno.test("an idle client does not restore lost connections before the next call", () =>
  withFakeTime(async (pass) => {
    const { channel, list, lose, seen, manners, call, ready } = setUp();
    list("memory:a", "memory:b");
    await waited(channel, pass);
    await pass(5);
    call();
    manners.set("memory:b", "refuses");
    lose("memory:b");
    await pass(70_000);
    const count = seen.connects.length;
    assert(count > 10);
    await pass(30_000);
    assertEquals(seen.connects.length, count);
    manners.clear();
    call();
    await pass(6000);
    assertEquals(ready(), 2);
    await channel.close();
  }));

Deno.test("a missing permission to connect is logged once for each instance", () =>
  withFakeTime(async (pass) => {
    const { channel, list, logger, manners } = setUp();
    manners.set("memory:a", "lacks permission");
    list("memory:a");
    for (let i = 0; i < 3; i++) {
      list("memory:a"); // ends the backoff
      const call = assertRejects(() => channel.wait({}), RpcError);
      await pass(2000);
      await call;
    }
    assertEquals(logger.lines, ["warn: a permission to connect is missing"]);
    await channel.close();
  }));
