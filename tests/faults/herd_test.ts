import { assert, assertEquals } from "@std/assert";
import { CONSUL_PERMISSIONS } from "../consul.ts";
import { needs } from "../needs.ts";
import { until } from "../observe.ts";
import { figure } from "./figures.ts";
import { assertNoneFailed, pause } from "./judge.ts";
import { type Load, startPool } from "./pool.ts";
import { startProxy } from "./proxy.ts";

const PROCESSES = 5;
const CLIENTS = 50;

needs(CONSUL_PERMISSIONS, "50 clients do not all connect at once to an instance that comes back", async () => {
  await using pool = await startPool(1);
  const behind = await pool.add({ consul: undefined });
  await using proxy = await startProxy(behind.address);
  const [host, port] = proxy.address.split(":");
  const list = async (listed: boolean) => {
    const path = listed ? "register" : "deregister/pool:behind";
    const body = listed
      ? JSON.stringify({ ID: "pool:behind", Name: "pool", Address: host, Port: Number(port) })
      : undefined;
    const response = await fetch(`http://${pool.agent.address}/v1/agent/service/${path}`, { method: "PUT", body });
    assertEquals(await response.text(), "");
  };
  await list(true);
  await using stack = new AsyncDisposableStack();
  const loads: Load[] = [];
  for (let i = 0; i < PROCESSES; i++) {
    loads.push(stack.use(await pool.load({ rate: 40, clients: CLIENTS / PROCESSES, method: "write" })));
  }
  await until(() => proxy.opened.length === CLIENTS, "all are connected");

  // As in a restart that is in order: it leaves the list, and its connections when nothing is in flight any more.
  await list(false);
  await until(() => proxy.size === 0, "all have left");
  await proxy.down();
  await pause(1000);
  await proxy.up();
  proxy.opened.length = 0;
  const listed = Date.now();
  await list(true);
  await until(() => proxy.opened.length === CLIENTS, "all are connected again", 30_000);
  await pause(1000);
  assertEquals(proxy.opened.length, CLIENTS);

  for (const load of loads) assertNoneFailed((await load.end()).calls);
  const times = proxy.opened.map((at) => at - listed).sort((a, b) => a - b);
  const [first, last] = [times[0]!, times.at(-1)!];
  let most = 0;
  for (const from of times) most = Math.max(most, times.filter((at) => at >= from && at < from + 50).length);
  figure(
    "50 clients and an instance that comes back",
    `first connects ${first} to ${last} ms after Consul listed it, at most ${most} within 50 ms`,
  );
  assert(most <= CLIENTS / 2, `${most} of ${CLIENTS} connected within 50 ms: ${times}`);
});
