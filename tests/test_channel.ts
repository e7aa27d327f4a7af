import { formatAddress } from "../base/address.ts";
import { Channel } from "../client/instances/channel.ts";
import type { Subchannel } from "../client/instances/subchannel.ts";
import { type ClientOptions, clientSettings } from "../client/options.ts";
import type { BalancerName, ClientPolicy } from "../policy/policy.ts";
import { EchoService } from "../proto/echo.ts";
import type { Instance, Resolution, WatchState } from "../registry/registry.ts";
import { Metadata } from "../rpc/metadata.ts";
import { Status } from "../rpc/status.ts";
import { memoryTransport } from "../transport/memory/mod.ts";
import type { ClientCall, Connection, Transport } from "../transport/transport.ts";
import { recordingLogger } from "./observe.ts";

/** How an instance behaves when somebody connects to it. */
type Manner = "well" | "refuses" | "hangs" | "lacks permission";

/** A channel to a service whose instances behave as the test says, and a record of what the channel did. */
export function setUp(options: Partial<ClientOptions> = {}) {
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
        if (manner === "lacks permission") {
          throw new Error("can't connect", { cause: new Deno.errors.NotCapable(`run again with --allow-net=${name}`) });
        }
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
      const picked = channel.pick({ avoid, hashKey: "42" })!;
      picked.ended(picked.start({ path: "/a.B/C", metadata: new Metadata() }), code(picked.instance.address));
      return picked.instance.address;
    },
  };
}

export const instance = (address: string, more: Partial<Instance> = {}): Instance => ({
  address,
  weight: 10,
  tags: new Map(),
  meta: new Map(),
  ...more,
});
export const names = (count: number, prefix = "memory:i") => Array.from({ length: count }, (_, i) => `${prefix}${i}`);

/** Waits for an instance while time passes. */
export async function waited(
  channel: Channel,
  pass: (ms: number) => Promise<void>,
  within = 10_000,
): Promise<Subchannel> {
  let done: Subchannel | undefined;
  let failed: unknown;
  channel.wait({}).then((picked) => done = picked, (error) => failed = error);
  for (let ms = 0; ms < within; ms++) {
    await pass(1);
    if (done) return done;
    if (failed) throw failed;
  }
  throw new Error(`no instance within ${within} ms`);
}

/** All balancers by name. */
export const BALANCERS: BalancerName[] = [
  "weighted_round_robin",
  "random",
  "p2c",
  "least_in_flight",
  "consistent_hash",
  "pick_first",
];
