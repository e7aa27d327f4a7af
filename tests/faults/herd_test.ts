import { assert, assertEquals } from "@std/assert";
import { CONSUL_PERMISSIONS, type ConsulAgent } from "../consul.ts";
import { needs } from "../needs.ts";
import { until } from "../observe.ts";
import { figure } from "./figures.ts";
import { assertNoneFailed, pause } from "./judge.ts";
import { startLoad, startPool } from "./pool.ts";
import { type Proxy, startProxy } from "./proxy.ts";

const PROCESSES = 5;
const CLIENTS = 50;

/** Within how many milliseconds a client is to come to an instance that is new in the list, or that it has lost. */
const NEW_INSTANCE_SPREAD_MS = 120;
const RECONNECT_SPREAD_MS = 1000;

/** Enters the proxy as an instance, or takes it out. */
async function list({ address }: ConsulAgent, proxy: Proxy, listed: boolean): Promise<void> {
  const [Address, port] = proxy.address.split(":");
  const path = listed ? "register" : "deregister/pool:proxy";
  const body = listed ? JSON.stringify({ ID: "pool:proxy", Name: "pool", Address, Port: Number(port) }) : undefined;
  const response = await fetch(`http://${address}/v1/agent/service/${path}`, { method: "PUT", body });
  assertEquals(await response.text(), "");
}

/** Waits for all clients, and asserts that they come spread over most of `window`, each once. Returns the figures. */
async function assertSpread(proxy: Proxy, since: number, window: number): Promise<string> {
  await until(() => proxy.opened.length >= CLIENTS, "all are connected again", 30_000);
  await pause(1000);
  assertEquals(proxy.opened.length, CLIENTS, "each comes once");
  const times = proxy.opened.map((at) => at - since).sort((a, b) => a - b);
  const at = (share: number) => times[Math.round(share * (CLIENTS - 1))]!;
  assert(at(1) - at(0) >= window * 0.8, `not spread over ${window} ms: ${times}`);
  assert(at(0.75) - at(0.25) >= window * 0.2, `the most at once: ${times}`);
  const tenth = Math.max(...times.map((from) => times.filter((at) => at >= from && at < from + window / 10).length));
  return `first connects from ${at(0)} to ${at(1)} ms after it, half of them from ${at(0.25)} to ${at(0.75)} ms, ` +
    `at most ${tenth} of ${CLIENTS} within ${window / 10} ms`;
}

needs(
  CONSUL_PERMISSIONS,
  "50 clients do not come all at once to an instance that was restarted, in order or not",
  async () => {
    await using pool = await startPool(1);
    const behind = await pool.add({ consul: undefined });
    await using proxy = await startProxy(behind.address);
    await list(pool.agent, proxy, true);
    await using stack = new AsyncDisposableStack();
    const setup = { consul: pool.agent.address, rate: 40, clients: CLIENTS / PROCESSES };
    const loads = await Promise.all(Array.from({ length: PROCESSES }, async () => stack.use(await startLoad(setup))));
    await until(() => proxy.opened.length === CLIENTS, "all are connected");

    // In order: it leaves the list, and its connections when nothing is in flight any more.
    await list(pool.agent, proxy, false);
    await until(() => proxy.size === 0, "all have left");
    await proxy.down();
    await pause(500);
    await proxy.up();
    proxy.opened.length = 0;
    const listed = Date.now();
    await list(pool.agent, proxy, true);
    figure("50 clients, an instance that is listed again", await assertSpread(proxy, listed, NEW_INSTANCE_SPREAD_MS));

    // Killed, and back before Consul sees it.
    await proxy.down();
    proxy.opened.length = 0;
    await proxy.up();
    const back = Date.now();
    figure(
      "50 clients, an instance whose connections are all lost",
      await assertSpread(proxy, back, RECONNECT_SPREAD_MS),
    );
    for (const load of loads) assertNoneFailed((await load.end()).calls);
  },
);
