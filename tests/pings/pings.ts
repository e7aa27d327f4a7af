/**
 * Calls on which nobody speaks often, for two minutes, to servers of other kits and of Dinokit, and clients of other
 * kits whose keepalive pings Dinokit: `deno task pings`. It prints the tables of docs/reliability.md, and fails if a
 * call or connection was lost.
 *
 * @module
 */

import { FOREIGN_PEERS } from "../conformance/peer.ts";
import { GO_PEERS, type PingPeer } from "./go_peers.ts";
import { judge, judgePinger } from "./judge.ts";
import { runPinger } from "./pingers.ts";
import { makeSlowCalls, SCENARIOS } from "./slow_calls.ts";

const PACE = { length: 120_000, gap: 2500 };
/** What grpc-go and Kitex allow their clients at the least, and our server by default. */
const KEEPALIVE_MS = 10_000;

const peers: readonly PingPeer[] = [...GO_PEERS, ...FOREIGN_PEERS];

async function slowCalls({ name, serve }: PingPeer): Promise<string> {
  await using server = await serve();
  const outcomes = await makeSlowCalls(server, PACE);
  judge(name, outcomes);
  const cells = outcomes.map(({ pings, most, settings }) => `${pings} (${most}) + ${settings}`);
  const slowest = Math.max(...outcomes.map(({ silentAfter }) => silentAfter));
  return `| ${[name, ...cells].join(" | ")} | ${(slowest / 1000).toFixed(1)} s |`;
}

async function pingers({ name, pinger }: PingPeer): Promise<string> {
  const cells = await Promise.all([false, true].map(async (stream) => {
    const what = { keepalive: KEEPALIVE_MS, pause: PACE.length, stream };
    const outcome = await runPinger(pinger!, what);
    judgePinger(name, what, outcome);
    return outcome.pings;
  }));
  return `| ${[name, ...cells].join(" | ")} |`;
}

const [calls, pings] = await Promise.all([
  Promise.allSettled(peers.map(slowCalls)),
  Promise.allSettled(peers.filter(({ pinger }) => pinger).map(pingers)),
]);
const rows = (results: PromiseSettledResult<string>[]) =>
  results.map((result) => result.status === "fulfilled" ? result.value : `FAILED: ${result.reason.message}`);
console.log(
  [
    `| server | ${Object.keys(SCENARIOS).join(" | ")} | frozen: known after |`,
    `| --- |${" --- |".repeat(Object.keys(SCENARIOS).length + 1)}`,
    ...rows(calls),
    "\n| client | PINGs without a call | PINGs with an idle stream |",
    "| --- | --- | --- |",
    ...rows(pings),
  ].join("\n"),
);
Deno.exit([...calls, ...pings].some(({ status }) => status === "rejected") ? 1 : 0);
