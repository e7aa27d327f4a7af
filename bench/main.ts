/**
 * Measures Dinokit beside its peers: `deno task bench --help`.
 *
 * @module
 */

import { makeCertificate } from "./cache.ts";
import { LOADS } from "./loads/all.ts";
import { machineFacts } from "./machine.ts";
import { measure } from "./measure.ts";
import { help, type Options, parseOptions } from "./options.ts";
import { allPeers, REFERENCE } from "./peers/all.ts";
import { buildGo } from "./peers/go.ts";
import type { Peer } from "./peers/peer.ts";
import { has, killAll } from "./process.ts";
import { startServer } from "./server.ts";
import { markdownTable, type Row } from "./table.ts";

/** The measurements that failed, with the reason. */
const missing: string[] = [];

function miss(measurement: string, error: unknown): void {
  const reason = error instanceof Error ? error.message : String(error);
  missing.push(`${measurement}: ${reason}`);
  console.error(`MISSING ${measurement}: ${reason}`);
}

/** Returns the peers that run on this machine and answer correctly. */
async function usable(peers: readonly Peer[]): Promise<Peer[]> {
  const good: Peer[] = [];
  for (const peer of peers) {
    console.error(`preparing ${peer.title}`);
    try {
      await peer.prepare();
      await using _server = await startServer(peer);
      good.push(peer);
    } catch (error) {
      miss(peer.title, error);
    }
  }
  return good;
}

async function bench(options: Options): Promise<void> {
  if (!await has("taskset")) throw new Error("there is no taskset: the bench runs on Linux, with util-linux");
  const started = performance.now();
  const facts = await machineFacts();
  await buildGo();
  const wanted = allPeers(options.transport).filter(({ name }) => options.only?.includes(name) ?? true);
  const peers = await usable(wanted);
  const results: { load: string; rows: readonly Row[] }[] = [];
  const tables: string[] = [];
  for (const load of LOADS.filter(({ name }) => options.loads?.includes(name) ?? true)) {
    if (load.needs && !await has(load.needs)) {
      miss(`the load ${load.name}`, `there is no ${load.needs} on PATH`);
      continue;
    }
    const takers = peers.filter((peer) => {
      const reason = load.refuses(peer);
      if (reason) missing.push(`${peer.title} under ${load.name}: ${reason}`);
      return reason === undefined;
    });
    try {
      const tls = load.tls ? await makeCertificate() : undefined;
      const rows = await measure(load, takers, { ...options, tls }, miss);
      results.push({ load: load.name, rows });
      tables.push(`### ${load.name}: ${load.title}\n\n${markdownTable(load.columns, rows, REFERENCE)}`);
    } catch (error) {
      miss(`the load ${load.name}`, error);
    }
  }
  const minutes = ((performance.now() - started) / 60_000).toFixed(1);
  const rounds =
    `Medians of ${options.rounds} rounds of ${options.seconds} s, one server after the other in each round; ${minutes} minutes.`;
  console.log([
    [...facts, rounds].map((fact) => `- ${fact}`).join("\n"),
    ...tables,
    ...(missing.length > 0
      ? [`Not measured:\n\n${missing.map((failure) => `- ${failure.replaceAll("\n", " ")}`).join("\n")}`]
      : []),
  ].join("\n\n"));
  if (options.json) {
    await Deno.writeTextFile(options.json, JSON.stringify({ facts, options, results, missing }, null, 2));
  }
}

for (const signal of ["SIGINT", "SIGTERM"] as const) Deno.addSignalListener(signal, () => Deno.exit(130));
addEventListener("unload", killAll);
try {
  const peers = allPeers(undefined).map(({ name }) => name);
  const loads = LOADS.map(({ name }) => name);
  const options = parseOptions(Deno.args, peers, loads);
  if (options) await bench(options);
  else console.log(help(peers, loads));
  Deno.exit(0); // the signals would keep it alive
} catch (error) {
  console.error(`bench: ${(error as Error).message}`);
  Deno.exit(1);
}
