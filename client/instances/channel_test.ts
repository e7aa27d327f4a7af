import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { RpcError } from "../../rpc/error.ts";
import { Metadata } from "../../rpc/metadata.ts";
import { Status } from "../../rpc/status.ts";
import { withFakeTime } from "../../tests/fake_time.ts";
import { instance, names, setUp, waited } from "../../tests/test_channel.ts";
import type { Candidate } from "../balancing/balancer.ts";
import { NEW_INSTANCE_SPREAD_MS, RECONNECT_SPREAD_MS } from "./connector.ts";

Deno.test("the candidates stay the same array until something changes", () =>
  withFakeTime(async (pass) => {
    const offered: (readonly Candidate[])[] = [];
    const balancer = { pick: <T extends Candidate>(all: readonly T[]) => (offered.push(all), all[0]!) };
    const { channel, list, tell, lose, call } = setUp({ balancer });
    list(...names(4));
    await waited(channel, pass);
    await pass(NEW_INSTANCE_SPREAD_MS + 2);
    const changed = () => {
      offered.length = 0;
      for (let i = 0; i < 3; i++) channel.pick({});
      assertEquals(new Set(offered).size, 1);
      return offered[0]!;
    };
    const first = changed();
    assertEquals(first.length, 4);
    list(...names(4));
    await pass(RECONNECT_SPREAD_MS);
    assertEquals(changed() === first, true, "the same list again");

    const addresses = () => changed().map(({ instance }) => instance.address.at(-1)).join("");
    tell({ instances: names(4).map((name) => instance(name, { weight: 20 })) });
    const heavier = changed();
    assertEquals([heavier === first, heavier[0]!.weight], [false, 20]);
    lose("memory:i3");
    await pass(0);
    await Promise.resolve();
    assertEquals(addresses(), "012");
    await pass(RECONNECT_SPREAD_MS + 2);
    assertEquals(addresses(), "0123");
    list(...names(3));
    assertEquals(addresses(), "012");
    for (let i = 0; i < 5; i++) call(() => Status.UNAVAILABLE);
    assertEquals(addresses(), "12");
    await channel.close();
    assertEquals(channel.pick({}), undefined);
  }));

Deno.test("a subset without a reachable instance is replaced, at most once a second", () =>
  withFakeTime(async (pass) => {
    const { channel, list, manners, seen } = setUp({ subset: 2 });
    for (const name of names(40)) manners.set(name, "refuses");
    list(...names(40));
    for (let i = 0; i < 5; i++) await assertRejects(() => waited(channel, pass), RpcError);
    const tried = () => new Set(seen.connects.map(({ address }) => address)).size;
    const atFirst = tried();
    assert(atFirst > 2 && atFirst <= 4, `${atFirst}`); // the first subset, and one other
    manners.clear();
    await pass(1000);
    await waited(channel, pass);
    assertEquals(channel.state().instances.length, 2);
    await channel.close();
  }));

Deno.test("the error says why the list is outdated", () =>
  withFakeTime(async (pass) => {
    const { channel, list, manners, watch } = setUp();
    manners.set("memory:a", "refuses");
    list("memory:a");
    watch.state = { queries: 9, failures: 3, kept: { since: 0, why: "Consul lists none" } };
    const { rawMessage } = await assertRejects(() => waited(channel, pass), RpcError);
    assertEquals(
      rawMessage,
      "no connection to echo (memory:a): memory:a refuses; the list is outdated: Consul lists none",
    );
    await channel.close();
  }));

Deno.test("a new policy applies at once: its balancer, its tags, and no ejection without outliers", () =>
  withFakeTime(async (pass) => {
    const { channel, tell, adopt, call, states } = setUp();
    tell({ instances: ["a", "b", "c"].map((v) => instance(`memory:${v}`, { tags: new Map([["v", v]]) })) });
    await waited(channel, pass);
    await pass(2);
    const hole = call();
    for (let i = 0; i < 15; i++) call((address) => address === hole ? Status.INTERNAL : Status.OK);
    assertEquals(states()[hole], "ejected");
    adopt({ outliers: false, balancer: "pick_first" });
    assertEquals([states()[hole], channel.state().balancer], ["ready", "pick_first"]);
    assertEquals(new Set(Array.from({ length: 9 }, () => call())).size, 1);
    adopt({ tags: { v: "b" } });
    assertEquals([states(), channel.state().balancer], [{ "memory:b": "ready" }, "weighted_round_robin"]);
    adopt({ tags: { v: "x" } });
    const error = await assertRejects(() => channel.wait({}), RpcError);
    assertStringIncludes(error.message, `none of the 3 in the registry fits the policy's tags.v "x"`);
    await channel.close();
  }));

Deno.test("the state describes each instance, and the registry", () =>
  withFakeTime(async (pass) => {
    const { channel, tell, manners } = setUp({ balancer: "p2c" });
    assertEquals(channel.state(), {
      service: "echo",
      balancer: "p2c",
      instances: [],
      discovery: { listed: undefined, changed: undefined, lastError: undefined, watch: undefined },
    });
    manners.set("memory:b", "refuses");
    const tags = new Map([["zone", "x"]]);
    tell({ instances: [instance("memory:a", { tags, weight: 3 }), instance("memory:b")] });
    const before = Date.now();
    const one = await waited(channel, pass);
    one.start({ path: "/a.B/C", metadata: new Metadata() });
    const call = one.start({ path: "/a.B/C", metadata: new Metadata() });
    one.responded(call, 20);
    one.ended(call, Status.INTERNAL);
    await pass(1);
    tell({ error: new Error("Consul is down") });
    const { instances: [a, b], discovery } = channel.state();
    assert(a!.latency! > 19 && a!.latency! <= 20);
    assertEquals({ ...a, latency: 20 }, {
      address: "memory:a",
      tags,
      weight: 3,
      effectiveWeight: 3,
      state: "ready",
      ejectedUntil: undefined,
      inFlight: 1,
      calls: 2,
      failures: 1,
      latency: 20,
      lastError: undefined,
    });
    assertEquals([b!.state, b!.lastError], ["backing_off", "memory:b refuses"]);
    assertEquals([discovery.listed, discovery.lastError], [2, "Consul is down"]);
    assert(discovery.changed! >= before - 1);
    await channel.close();
  }));
