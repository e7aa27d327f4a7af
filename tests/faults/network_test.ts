import { assert } from "@std/assert";
import { CONSUL_PERMISSIONS } from "../consul.ts";
import { needs } from "../needs.ts";
import { until } from "../observe.ts";
import { figure } from "./figures.ts";
import { assertNoneFailed, countBy, failed, pause } from "./judge.ts";
import type { Call } from "./load.ts";
import { startInstance, startLoad } from "./pool.ts";
import { type Proxy, startProxy } from "./proxy.ts";

const TIMEOUT_MS = 800;
/** A busy machine's clock. */
const SLACK_MS = 500;

/** Each fault, and how long it holds in milliseconds. */
const FAULTS: {
  name: string;
  strike: (proxy: Proxy) => unknown;
  heal: (proxy: Proxy) => unknown;
  holds?: number;
}[] = [
  { name: "closed in the middle", strike: (proxy) => proxy.cut("close"), heal: () => {} },
  { name: "reset", strike: (proxy) => proxy.cut("reset"), heal: () => {} },
  { name: "refused for a while", strike: (proxy) => proxy.down(), heal: (proxy) => proxy.up() },
  { name: "half open", strike: (proxy) => proxy.silence(), heal: () => {}, holds: 3000 },
  {
    name: "silent for new connections too",
    strike: (proxy) => (proxy.silence(), proxy.weather = { silent: true }),
    heal: (proxy) => (proxy.weather = {}, proxy.cut("reset")),
    holds: 3000,
  },
  {
    name: "1 byte at a time",
    strike: (proxy) => (proxy.weather = { trickle: true }, proxy.cut("close")),
    heal: (proxy) => proxy.weather = {},
    holds: 2000,
  },
  {
    name: "100 ms late",
    strike: (proxy) => (proxy.weather = { latency: 100 }, proxy.cut("close")),
    heal: (proxy) => proxy.weather = {},
    holds: 2000,
  },
];

for (const { name, strike, heal, holds = 1000 } of FAULTS) {
  needs(
    CONSUL_PERMISSIONS,
    `a network that is ${name}: no call outlives its deadline, and the client connects again`,
    async () => {
      await using instance = await startInstance({ delay: 5 });
      await using proxy = await startProxy(instance.address);
      await using load = await startLoad({
        rate: 100,
        timeout: TIMEOUT_MS,
        options: {
          address: proxy.address,
          outliers: false,
          limits: { keepaliveInterval: 500, keepaliveTimeout: 500 },
          connectTimeout: 500,
        },
      });
      await pause(500);
      assertNoneFailed((await load.report()).calls);
      await strike(proxy);
      await pause(holds);
      await heal(proxy);
      const healed = performance.now();
      const calls: Call[] = [];
      await until(
        async () => {
          const { calls: fresh } = await load.report();
          calls.push(...fresh);
          return fresh.length > 0 && failed(fresh).length === 0;
        },
        "calls succeed again",
        8000,
      );
      const took = performance.now() - healed;
      const well = Date.now();
      await pause(500);
      const { calls: after } = await load.end();
      // One that began before may still have waited for its deadline.
      assertNoneFailed(after.filter(({ at }) => at >= well));
      calls.push(...after);
      const longest = Math.max(...calls.map(({ took }) => took));
      assert(longest <= TIMEOUT_MS + SLACK_MS, `a call took ${longest} ms`);
      const statuses = countBy(failed(calls), ({ status }) => status);
      assert(
        Object.keys(statuses).every((status) => ["UNAVAILABLE", "DEADLINE_EXCEEDED"].includes(status)),
        JSON.stringify(countBy(failed(calls), ({ error = "" }) => error)),
      );
      figure(
        `network ${name}`,
        `of ${calls.length} calls ${JSON.stringify(statuses)} failed, the longest took ${longest.toFixed(0)} ms; well ${
          took.toFixed(0)
        } ms after it healed`,
      );
    },
  );
}
