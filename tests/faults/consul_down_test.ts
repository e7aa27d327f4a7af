import { assert } from "@std/assert";
import { CONSUL_PERMISSIONS, startConsul } from "../consul.ts";
import { needs } from "../needs.ts";
import { until } from "../observe.ts";
import { startConsulProxy, type Trouble } from "./consul_proxy.ts";
import { figure, LONG } from "./figures.ts";
import { assertNoneFailed, pause } from "./judge.ts";
import { startLoad, startPool, TestPool } from "./pool.ts";

const since = (start: number) => `${((performance.now() - start) / 1000).toFixed(1)} s`;

needs(
  CONSUL_PERMISSIONS,
  "a server with Consul down serves clients that know its address at once, and is registered within 10 s of Consul's return",
  async () => {
    await using pool = new TestPool(await startConsul({ running: false }), { consulOptions: { checkInterval: 1000 } });
    const instance = await pool.add();
    await using direct = await startLoad({ rate: 100, options: { address: instance.address } });
    await pause(LONG ? 30_000 : 3000); // so that its pauses between tries have grown

    await pool.agent.start();
    const back = performance.now();
    await pool.listed(1, 10_000);
    const registered = since(back);
    await using found = await pool.load({ rate: 100 });
    await pause(500);
    const calls = (await direct.end()).calls;
    assertNoneFailed(calls);
    assertNoneFailed((await found.end()).calls);
    figure(
      "Consul down at start",
      `0 of ${calls.length} calls to the address failed; registered ${registered} after Consul's return`,
    );
  },
);

needs(
  CONSUL_PERMISSIONS,
  "Consul that is killed and restarted with lost state fails no call, and has every server again within 10 s",
  async () => {
    await using pool = await startPool(3);
    await using load = await pool.load({ rate: 200, method: "write" });
    await pause(1000);
    await pool.agent.kill();
    await pause(LONG ? 20_000 : 2000);
    await pool.agent.start();
    const back = performance.now();
    await pool.listed(3, 10_000);
    const registered = since(back);
    await pause(2000);
    const { calls } = await load.end();
    assertNoneFailed(calls);
    figure(
      "Consul restarted with lost state",
      `0 of ${calls.length} calls failed; all registered ${registered} after its return`,
    );
  },
);

const TROUBLES: readonly Trouble[] = [
  "answers 500",
  "hangs",
  "sends garbage",
  "sends no list",
  "sends an index that goes back",
];

needs(
  CONSUL_PERMISSIONS,
  "clients keep the list while Consul answers 500, hangs, sends garbage or an index that goes back, make no busy loop, and see the next change",
  async () => {
    await using pool = await startPool(2);
    const figures = await Promise.all(TROUBLES.map(async (trouble) => {
      await using proxy = startConsulProxy(pool.agent.address);
      await using load = await startLoad({ rate: 50, method: "write", consul: proxy.address });
      proxy.trouble(trouble);
      const [before, start] = [proxy.requests, performance.now()];
      await pause(7000); // a query that hangs is given up after 5 s
      const [requests, took] = [proxy.requests - before, performance.now() - start];
      // At least 100 ms lie between two queries. An index that goes back is no failure: there is no reason to wait for
      // longer.
      const least = trouble === "sends an index that goes back" ? 20 : 1;
      assert(requests >= least && requests <= took / 100 + 1, `${requests} requests within ${took} ms: ${trouble}`);

      proxy.trouble(undefined);
      const { address } = await pool.add();
      const { calls } = await load.report();
      await until(
        async () => {
          calls.push(...(await load.report()).calls);
          return calls.some(({ instance }) => instance === address);
        },
        `the new instance gets calls, after ${trouble}`,
        15_000,
      );
      calls.push(...(await load.end()).calls);
      assertNoneFailed(calls);
      return [trouble, `0 of ${calls.length} calls failed, ${(requests / took * 1000).toFixed(1)} requests/s to it`];
    }));
    for (const [trouble, text] of figures) figure(`Consul ${trouble}`, text!);
  },
);

needs(
  CONSUL_PERMISSIONS,
  "a client keeps the list while Consul is away for longer than the grace, and when it comes back with lost state",
  async () => {
    await using pool = await startPool(2);
    await using proxy = startConsulProxy(pool.agent.address);
    const consulOptions = { grace: 2000 };
    await using load = await startLoad({ rate: 100, method: "write", consul: proxy.address, consulOptions });
    const { calls } = await load.report();
    proxy.trouble("answers 500");
    await pause(4000);
    const before = proxy.requests;
    proxy.trouble("lists none");
    await until(() => proxy.requests > before, "it asks again", 10_000);
    await pause(1000); // the servers register again within 10 s; the grace is 30 s by default
    proxy.trouble(undefined);
    await pause(1000);
    calls.push(...(await load.end()).calls);
    assertNoneFailed(calls);
    figure("Consul away for longer than the grace, then with an empty list", `0 of ${calls.length} calls failed`);
  },
);
