import { assert } from "@std/assert";
import { CONSUL_PERMISSIONS, type ConsulAgent, startConsul } from "../consul.ts";
import { needs } from "../needs.ts";
import { until } from "../observe.ts";
import { figure, LONG } from "./figures.ts";
import { assertNoneFailed, pause, percentile } from "./judge.ts";
import { startInstance, startLoad } from "./pool.ts";
import { processorSeconds, sockets } from "./process.ts";

const INSTANCES = 1000;
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
    await pause(start + n * 1000 / CHANGES_PER_SECOND - performance.now());
    if (signal.aborted) return n;
    const i = (n >> 1) * 7 % INSTANCES;
    if (n % 2 === 0) await put(agent, `/v1/agent/service/deregister/${idOf(i)}`);
    else await register(agent, i, port);
  }
}

for (const subset of [undefined, 20]) {
  const what = subset ? `with a subset of ${subset}` : "with all of them";
  needs(
    CONSUL_PERMISSIONS,
    `a client of 1,000 instances, ${what}, fails no call while 10 change each second, and does not grow`,
    async () => {
      await using agent = await startConsul();
      await using server = await startInstance({ options: { address: ":0" } });
      const port = Number(server.address.split(":").at(-1));
      for (let i = 0; i < INSTANCES; i += 20) {
        await Promise.all(Array.from({ length: 20 }, (_, more) => register(agent, i + more, port)));
      }
      await using load = await startLoad({ consul: agent.address, rate: 100, options: { subset } });
      if (subset === undefined) {
        await until(() => sockets(load.child.pid) >= INSTANCES, "it is connected to all of them", 30_000);
      }
      await pause(2000);
      const measure = async (work: () => Promise<unknown>) => {
        await load.report();
        const [cpu, start] = [processorSeconds(load.child.pid), performance.now()];
        await work();
        const share = (processorSeconds(load.child.pid) - cpu) / (performance.now() - start) * 1000;
        const { calls } = await load.report();
        assertNoneFailed(calls);
        return { share, calls, memory: load.child.residentMegabytes };
      };
      const quiet = await measure(() => pause(SECONDS * 1000));
      let changes = 0;
      const busy = await measure(async () => changes = await change(agent, port, AbortSignal.timeout(SECONDS * 1000)));
      assert(changes >= SECONDS * CHANGES_PER_SECOND * 0.8, `Consul took only ${changes} changes`);
      const again = await measure(async () =>
        changes += await change(agent, port, AbortSignal.timeout(SECONDS * 1000))
      );
      const open = sockets(load.child.pid);
      // One more is the query to Consul; a few may be on their way out.
      if (subset) assert(open <= subset + 10, `it has ${open} connections`);
      assert(busy.share < 0.9, `it took ${busy.share} of a processor`);
      assert(again.memory < busy.memory * 1.3 + 20, `from ${busy.memory} to ${again.memory} MiB`);
      const of = ({ share, memory, calls }: typeof quiet) =>
        `${(share * 100).toFixed(0)} % of a core, ${memory} MiB, p99 ${percentile(calls, 99).toFixed(1)} ms`;
      figure(
        `1,000 instances, ${what}`,
        `100 calls/s, ${open} sockets; quiet: ${of(quiet)}; ${changes} changes at 10/s: ${of(busy)}, then ${
          of(again)
        }; 0 calls failed`,
      );
    },
  );
}
