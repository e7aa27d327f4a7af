import { assert, assertEquals } from "@std/assert";
import { Metadata } from "../../rpc/metadata.ts";
import { Status } from "../../rpc/status.ts";
import { withFakeTime } from "../../tests/fake_time.ts";
import { BALANCERS, setUp, waited } from "../../tests/test_channel.ts";
import { NEW_INSTANCE_SPREAD_MS } from "./connector.ts";

for (const balancer of BALANCERS) {
  Deno.test(`with ${balancer}, an instance that fails at once is ejected within 50 calls, and returns after its recovery`, () =>
    withFakeTime(async (pass) => {
      const { channel, list, logger, call, states } = setUp({ balancer, hashKey: "user" });
      list("memory:a", "memory:b", "memory:c");
      await waited(channel, pass);
      await pass(2);
      // With some it is the one that takes all calls of the test.
      const hole = call();
      let calls = 0;
      const ejected = () => states()[hole] === "ejected";
      for (; !ejected() && calls < 50; calls++) call((address) => address === hole ? Status.UNAVAILABLE : Status.OK);
      assert(ejected(), `not ejected within ${calls} calls`);
      for (let i = 0; i < 100; i++) assert(call() !== hole);
      await pass(5000);
      const probe = channel.pick({ hashKey: "42" })!;
      const call42 = probe.start({ path: "/a.B/C", metadata: new Metadata() });
      assertEquals([probe.instance.address, states()[hole]], [hole, "probing"]);
      assert(call() !== hole, "one at a time");
      probe.ended(call42, Status.OK);
      assertEquals(states()[hole], "ready");
      assertEquals(logger.lines, ["warn: an instance gets no calls for a while", "warn: an instance gets calls again"]);
      await channel.close();
    }));
}

Deno.test("while a probe is in flight, a call from before the ejection changes nothing", () =>
  withFakeTime(async (pass) => {
    const { channel, list, call, states } = setUp();
    list("memory:a", "memory:b");
    await waited(channel, pass);
    await pass(2);
    const start = { path: "/a.B/C", metadata: new Metadata() };
    const [one, other] = [channel.pick({})!, channel.pick({})!];
    const early = new Map([one, other].map((each) => [each.instance.address, each.start(start)]));
    for (let i = 0; i < 20; i++) call((address) => address === "memory:a" ? Status.INTERNAL : Status.OK);
    await pass(5000);
    const suspect = channel.pick({})!;
    assertEquals([suspect.instance.address, states()["memory:a"]], ["memory:a", "ejected"]);
    const probe = suspect.start(start);
    suspect.ended(early.get("memory:a")!, Status.INTERNAL);
    assertEquals(states()["memory:a"], "probing");
    suspect.ended(probe, Status.OK);
    assertEquals(states()["memory:a"], "ready");
    await channel.close();
  }));

Deno.test("a stream as a probe ends the ejection when its response begins", () =>
  withFakeTime(async (pass) => {
    const { channel, list, call, states } = setUp();
    list("memory:a", "memory:b");
    await waited(channel, pass);
    await pass(2);
    for (let i = 0; i < 20; i++) call((address) => address === "memory:a" ? Status.INTERNAL : Status.OK);
    await pass(5000);
    const probe = channel.pick({})!;
    assertEquals(probe.wantsTime, true);
    probe.responded(probe.start({ path: "/a.B/C", metadata: new Metadata() }), 1);
    assertEquals(states()["memory:a"], "ready");
    await channel.close();
  }));

Deno.test("an ejected instance that is silent is not probed before it sends something", () =>
  withFakeTime(async (pass) => {
    const { channel, list, call, silent } = setUp();
    list("memory:a", "memory:b");
    await waited(channel, pass);
    await pass(2);
    const fails = (address: string) => address === "memory:a" ? Status.DEADLINE_EXCEEDED : Status.OK;
    while (channel.state().instances[0]!.state !== "ejected") call(fails);
    silent.add("memory:a");
    for (let seconds = 0; seconds < 60; seconds++) {
      assertEquals(call(), "memory:b");
      await pass(1000);
    }
    silent.clear();
    await pass(1000);
    assertEquals(call(), "memory:a");
    await channel.close();
  }));

Deno.test("calls go to ejected instances if no other instance is left", () =>
  withFakeTime(async (pass) => {
    const { channel, list, lose, call, manners } = setUp();
    list("memory:a", "memory:b");
    await waited(channel, pass);
    await pass(2);
    const fail = (address: string) => address === "memory:a" ? Status.INTERNAL : Status.OK;
    for (let i = 0; i < 10; i++) call(fail);
    assertEquals(call(), "memory:b");
    manners.set("memory:b", "refuses");
    lose("memory:b");
    await Promise.resolve();
    assertEquals(call(), "memory:a");
    await channel.close();
  }));

Deno.test("an ejected instance that is removed and added again has no record", () =>
  withFakeTime(async (pass) => {
    const { channel, list, call, states } = setUp();
    list("memory:a", "memory:b");
    await waited(channel, pass);
    await pass(2);
    for (let i = 0; i < 20; i++) call((address) => address === "memory:a" ? Status.INTERNAL : Status.OK);
    assertEquals(states()["memory:a"], "ejected");
    list("memory:b");
    list("memory:a", "memory:b");
    await pass(NEW_INSTANCE_SPREAD_MS + 2);
    assertEquals(states(), { "memory:a": "ready", "memory:b": "ready" });
    for (let i = 0; i < 10; i++) call((address) => address === "memory:b" ? Status.INTERNAL : Status.OK);
    assertEquals(states(), { "memory:a": "ready", "memory:b": "ejected" }, "the place of the one that left is free");
    await channel.close();
  }));
