import { assert } from "@std/assert";
import { CONSUL_PERMISSIONS, type ConsulAgent, startConsul } from "../consul.ts";
import { needs } from "../needs.ts";
import { until } from "../observe.ts";
import { figure, LONG } from "./figures.ts";
import { assertNoneFailed, pause, percentile } from "./judge.ts";
import type { Call } from "./load.ts";
import { type Load, startInstance, startLoad } from "./pool.ts";
import { processorSeconds, sockets } from "./process.ts";

const INSTANCES = 1000;
const SUBSET_INSTANCES = 20;
const CHANGES_PER_SECOND = 10;
const SECONDS = LONG ? 30 : 8;

/** All of 127.0.0.0/8 is this machine: one server that listens on all addresses is a thousand instances. */
const hostOf = (i: number) => `127.1.${i >> 8}.${(i & 255) || 1}`;
const idOf = (i: number) => `pool:${i}`;

async function put(agent: ConsulAgent, path: string, body?: unknown): Promise<void> {
  const response = await fetch(`http://${agent.address}${path}`, { method: "PUT", body: JSON.stringify(body) });
  if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
  await response.body?.cancel();
}

const register = (agent: ConsulAgent, i: number, port: number): Promise<void> =>
  put(agent, "/v1/agent/service/register", {
    ID: idOf(i),
    Name: "pool",
    Address: hostOf(i),
    Port: port,
    Tags: ["zone:a", "version:v1"],
    Weights: { Passing: 10, Warning: 10 },
  });

/** Takes an instance out or puts it back, each tenth of a second, until `signal` aborts. Returns how many times. */
async function change(agent: ConsulAgent, port: number, signal: AbortSignal): Promise<number> {
  const start = performance.now();
  for (let n = 0;; n++) {
    await pause(Math.max(0, start + n * 1000 / CHANGES_PER_SECOND - performance.now()));
    if (signal.aborted) return n;
    const i = (n >> 1) * 7 % INSTANCES;
    if (n % 2 === 0) await put(agent, `/v1/agent/service/deregister/${idOf(i)}`);
    else await register(agent, i, port);
  }
}

/** What a client costs while something happens. */
interface Cost {
  readonly share: number;
  readonly memory: number;
  readonly calls: Call[];
}

/** What each of the clients costs while `work` goes on. No call may fail. */
async function costs(loads: Load[], work: () => Promise<unknown>): Promise<Cost[]> {
  await Promise.all(loads.map((load) => load.report()));
  const [before, start] = [loads.map(({ child }) => processorSeconds(child.pid)), performance.now()];
  await work();
  const seconds = (performance.now() - start) / 1000;
  return await Promise.all(loads.map(async ({ child, report }, i) => {
    const share = (processorSeconds(child.pid) - before[i]!) / seconds;
    const { calls } = await report();
    assertNoneFailed(calls);
    return { share, calls, memory: child.residentMegabytes };
  }));
}

needs(
  CONSUL_PERMISSIONS,
  "clients of 1,000 instances, with all of them and with a subset of 20, fail no call while 10 change each second, and do not grow",
  async () => {
    await using agent = await startConsul();
    await using server = await startInstance({ options: { address: ":0" } });
    const port = Number(server.address.split(":").at(-1));
    for (let i = 0; i < INSTANCES; i += 20) {
      await Promise.all(Array.from({ length: 20 }, (_, more) => register(agent, i + more, port)));
    }
    await using whole = await startLoad({ consul: agent.address, rate: 100 });
    await using part = await startLoad({ consul: agent.address, rate: 100, options: { subset: SUBSET_INSTANCES } });
    await until(() => sockets(whole.child.pid) >= INSTANCES, "it is connected to all of them", 30_000);

    const loads = [whole, part];
    const changing = async () => {
      const changes = await change(agent, port, AbortSignal.timeout(SECONDS * 1000));
      assert(changes >= SECONDS * CHANGES_PER_SECOND * 0.8, `Consul took only ${changes} changes`);
    };
    const quiet = await costs(loads, () => pause(SECONDS * 1000));
    const busy = await costs(loads, changing);
    const again = await costs(loads, changing);

    for (const [i, what] of ["all of 1,000 instances", `a subset of ${SUBSET_INSTANCES} of them`].entries()) {
      assert(busy[i]!.share < 0.9, `${what}: ${busy[i]!.share} of a processor`);
      const [early, late] = [busy[i]!.memory, again[i]!.memory];
      assert(late < early * 1.2 + 30, `${what}: from ${early} to ${late} MiB`);
      const of = ({ share, memory, calls }: Cost) =>
        `${(share * 100).toFixed(0)} % of a core, ${memory} MiB, p99 ${percentile(calls, 99).toFixed(1)} ms`;
      const text = `quiet: ${of(quiet[i]!)}; 10 changes/s: ${of(busy[i]!)}, then ${of(again[i]!)}`;
      figure(`${what}, 100 calls/s`, `${sockets(loads[i]!.child.pid)} sockets, 0 calls failed; ${text}`);
    }
    // One more is the query to Consul; a few may be on their way out.
    assert(sockets(part.child.pid) <= SUBSET_INSTANCES + 10, `${sockets(part.child.pid)} sockets`);
  },
);
