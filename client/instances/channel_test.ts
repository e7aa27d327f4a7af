import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { EchoService } from "../../proto/echo.ts";
import type { BalancerName, ClientPolicy } from "../../policy/policy.ts";
import type { Instance, Resolution, WatchState } from "../../registry/registry.ts";
import { formatAddress } from "../../base/address.ts";
import { RpcError } from "../../rpc/error.ts";
import { Metadata } from "../../rpc/metadata.ts";
import { Status } from "../../rpc/status.ts";
import { settled, withFakeTime } from "../../tests/fake_time.ts";
import { recordingLogger } from "../../tests/observe.ts";
import { memoryTransport } from "../../transport/memory/mod.ts";
import type { ClientCall, Connection, Transport } from "../../transport/transport.ts";
import type { Candidate } from "../balancing/balancer.ts";
import { Channel } from "./channel.ts";
import { NEW_INSTANCE_SPREAD_MS, RECONNECT_SPREAD_MS } from "./connector.ts";
import { type ClientOptions, clientSettings } from "../options.ts";
import type { Subchannel } from "./subchannel.ts";

/** How an instance behaves when somebody connects to it. */
type Manner = "well" | "refuses" | "hangs";

/** A service whose instances do what the test wants, a channel to it, and what was seen. */
function setUp(options: Partial<ClientOptions> = {}) {
  const seen = { connects: [] as { address: string; at: number }[], connecting: 0, mostConnecting: 0 };
  const manners = new Map<string, Manner>();
  const open = new Map<string, (why: string) => void>();
  const silent = new Set<string>();
  const closes = { count: 0 };
  const transport: Transport = {
    ...memoryTransport(),
    async connect({ address, signal }) {
      const name = formatAddress(address);
      seen.connects.push({ address: name, at: performance.now() });
      seen.mostConnecting = Math.max(seen.mostConnecting, ++seen.connecting);
      try {
        await new Promise((resolve) => setTimeout(resolve, 1));
        const manner = manners.get(name) ?? "well";
        if (manner === "refuses") throw new Error(`${name} refuses`);
        if (manner === "hangs") {
          await new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
        }
      } finally {
        seen.connecting--;
      }
      const { promise, resolve } = Promise.withResolvers<string>();
      open.set(name, resolve);
      return {
        closed: promise,
        peer: { address: name },
        get silent() {
          return silent.has(name);
        },
        start: () => ({}) as ClientCall,
        close: () => (closes.count++, resolve("closed"), Promise.resolve()),
      } as Connection;
    },
  };
  const logger = recordingLogger();
  let tell: (resolution: Resolution) => void = () => {};
  let list: Resolution = { instances: [] };
  const watch: { state?: WatchState; close(): void } = { close() {} };
  let adopt: (policy: ClientPolicy) => void = () => {};
  const settings = clientSettings(EchoService, {
    name: "echo",
    resolver: { permissions: [], watch: (_, listener) => (tell = listener, listener(list), watch) },
    logger,
    policy: { permissions: [], watch: (listener) => (adopt = listener, { close() {} }) },
    ...options,
  });
  const channel = new Channel(settings, transport);
  return {
    channel,
    seen,
    logger,
    manners,
    silent,
    closes,
    watch,
    lose: (address: string) => open.get(address)!("lost"),
    adopt: (policy: ClientPolicy) => adopt(policy),
    tell: (resolution: Resolution) => tell(list = resolution),
    list: (...addresses: string[]) => tell(list = { instances: addresses.map((address) => instance(address)) }),
    states: () => Object.fromEntries(channel.state().instances.map(({ address, state }) => [address, state])),
    ready: () => channel.state().instances.filter(({ state }) => state === "ready").length,
    /** A call that ends at once. */
    call: (code: (address: string) => Status | undefined = () => Status.OK, avoid?: Set<Subchannel>) => {
      const one = channel.pick({ avoid, hashKey: "42" })!;
      one.ended(one.start({ path: "/a.B/C", metadata: new Metadata() }), code(one.instance.address));
      return one.instance.address;
    },
  };
}

const instance = (address: string, more: Partial<Instance> = {}): Instance => ({
  address,
  weight: 10,
  tags: new Map(),
  meta: new Map(),
  ...more,
});
const names = (count: number, prefix = "memory:i") => Array.from({ length: count }, (_, i) => `${prefix}${i}`);

/** Waits for an instance while time passes. */
async function waited(channel: Channel, pass: (ms: number) => Promise<void>, within = 10_000): Promise<Subchannel> {
  let done: Subchannel | undefined;
  let failed: unknown;
  channel.wait({}).then((one) => done = one, (error) => failed = error);
  for (let ms = 0; ms < within; ms++) {
    await pass(1);
    if (done) return done;
    if (failed) throw failed;
  }
  throw new Error(`no instance within ${within} ms`);
}

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

Deno.test("the first call connects to three at once; the others follow at a moment each, and new ones", () =>
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

Deno.test("the clients of a service come to a new instance spread over the window, not together", () =>
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

Deno.test("a subset of which nobody can be reached is left for another, at most once a second", () =>
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

Deno.test("the error says why the list is an old one", () =>
  withFakeTime(async (pass) => {
    const { channel, list, manners, watch } = setUp();
    manners.set("memory:a", "refuses");
    list("memory:a");
    watch.state = { queries: 9, failures: 3, kept: { since: 0, why: "Consul lists none" } };
    const { rawMessage } = await assertRejects(() => waited(channel, pass), RpcError);
    assertEquals(
      rawMessage,
      "no connection to echo (memory:a): memory:a refuses; the list is an old one: Consul lists none",
    );
    await channel.close();
  }));

Deno.test("what refuses is asked again after a backoff, and within a second once it is well if a call needs it", () =>
  withFakeTime(async (pass) => {
    const { channel, list, seen, manners, states } = setUp();
    manners.set("memory:a", "refuses");
    list("memory:a");
    const call = () => waited(channel, pass).then(() => true, () => false);
    for (let i = 0; i < 300; i++) await call(), await pass(100);
    assertEquals(states(), { "memory:a": "backing_off" });
    assert(seen.connects.length < 120, `${seen.connects.length} attempts in 30 s`);
    manners.clear();
    const start = performance.now();
    while (!await call()) await pass(10);
    assert(performance.now() - start <= 1000, `${performance.now() - start} ms`);
    await channel.close();
  }));

Deno.test("a new list ends the backoff: what it names is connected to at once", () =>
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

Deno.test("instances that hang do not keep a call from those that answer", () =>
  withFakeTime(async (pass) => {
    const { channel, list, manners } = setUp();
    for (const name of names(9)) manners.set(name, "hangs");
    list(...names(10));
    const start = performance.now();
    assertEquals((await waited(channel, pass)).instance.address, "memory:i9");
    assert(performance.now() - start <= NEW_INSTANCE_SPREAD_MS + 2);
    await channel.close();
  }));

Deno.test("while some hang, one that refused is asked again, and takes the call that waits within a second", () =>
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

Deno.test("a client without calls leaves lost connections alone, and makes them again after the next call", () =>
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

const BALANCERS: BalancerName[] = [
  "weighted_round_robin",
  "random",
  "p2c",
  "least_in_flight",
  "consistent_hash",
  "pick_first",
];

for (const balancer of BALANCERS) {
  Deno.test(`with ${balancer} an instance that answers errors at once is ejected within 50 calls, and back when it is well`, () =>
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

Deno.test("while a probe is in flight, a call that began before the ejection decides nothing", () =>
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

Deno.test("a stream that is a probe brings its instance back when its response begins", () =>
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

Deno.test("an ejected instance that is silent is not probed before it speaks", () =>
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

Deno.test("if no other is left, calls go to those that are ejected rather than nowhere", () =>
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

Deno.test("a retry goes to another instance if there is one", () =>
  withFakeTime(async (pass) => {
    for (const balancer of BALANCERS) {
      const { channel, list, call } = setUp({ balancer, hashKey: "user" });
      list("memory:a", "memory:b", "memory:c");
      await waited(channel, pass);
      await pass(2);
      for (let i = 0; i < 20; i++) {
        const avoid = new Set([channel.pick({ hashKey: "42" })!]);
        for (let left = 2; left > 0; left--) {
          const other = channel.pick({ avoid, hashKey: "42" })!;
          assert(!avoid.has(other), balancer);
          avoid.add(other);
        }
        call(undefined, avoid); // all were tried: any
      }
      await channel.close();
    }
  }));

Deno.test("retries don't take the turns of those that are well", () =>
  withFakeTime(async (pass) => {
    const { channel, list, call } = setUp({ outliers: false });
    list("memory:a", "memory:b");
    await waited(channel, pass);
    await pass(2);
    let failed = 0;
    for (let i = 0; i < 200; i++) {
      const one = channel.pick({})!;
      one.ended(one.start({ path: "/a.B/C", metadata: new Metadata() }), Status.OK);
      if (one.instance.address !== "memory:a") continue;
      failed++;
      assertEquals(call(undefined, new Set([one])), "memory:b");
    }
    assertEquals(failed, 100);
    await channel.close();
  }));

Deno.test("a retry goes to another zone when all of the own have been tried; calls don't", () =>
  withFakeTime(async (pass) => {
    for (const balancer of BALANCERS) {
      const { channel, tell, call } = setUp({ balancer, hashKey: "user", zone: "here" });
      const at = (address: string, zone: string) => instance(address, { tags: new Map([["zone", zone]]) });
      tell({ instances: [at("memory:a", "here"), at("memory:b", "here"), at("memory:c", "there")] });
      await waited(channel, pass);
      await pass(2);
      for (let i = 0; i < 20; i++) assert(call() !== "memory:c", balancer);
      const own = new Set(["memory:a", "memory:b"]);
      const avoid = new Set<Subchannel>();
      while (avoid.size < 2) {
        const one = channel.pick({ avoid, hashKey: "42" })!;
        assert(own.delete(one.instance.address), balancer);
        avoid.add(one);
      }
      assertEquals(call(undefined, avoid), "memory:c", balancer);
      for (let i = 0; i < 20; i++) assert(call() !== "memory:c", balancer);
      await channel.close();
    }
  }));

Deno.test("another policy holds at once: its balancer, its tags, and without outliers nobody is ejected", () =>
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

Deno.test("new instances, and those that are back, start slowly; those of the first list do not, nor after a lost connection", () =>
  withFakeTime(async (pass) => {
    const { channel, list, lose, call, manners } = setUp({ slowStart: 10_000 });
    const weight = (name: string) => channel.state().instances.find(({ address }) => address === name)!.effectiveWeight;
    list("memory:a", "memory:b");
    await waited(channel, pass);
    await pass(2);
    lose("memory:a");
    await pass(RECONNECT_SPREAD_MS + 2);
    assertEquals([weight("memory:a"), weight("memory:b")], [10, 10]);
    list("memory:a", "memory:b", "memory:c");
    await pass(NEW_INSTANCE_SPREAD_MS + 2);
    assertEquals(weight("memory:c"), 1);
    await pass(5000);
    assert(Math.abs(weight("memory:c") - 5) < 0.3, `${weight("memory:c")}`);
    await pass(5100);
    assertEquals(weight("memory:c"), 10);

    for (let i = 0; i < 15; i++) call((address) => address === "memory:b" ? Status.INTERNAL : Status.OK);
    await pass(5000);
    assertEquals(call(), "memory:b"); // its probe
    assertEquals(weight("memory:b"), 1);
    manners.set("memory:a", "refuses");
    lose("memory:a");
    await pass(RECONNECT_SPREAD_MS + 2);
    manners.clear();
    await pass(5000);
    assert(weight("memory:a") < 6);
    await channel.close();
  }));

Deno.test("an ejected instance that leaves the list and comes back starts clean", () =>
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

Deno.test("the state tells of each instance, and of the registry", () =>
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
