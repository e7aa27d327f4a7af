/**
 * Mixed calls for a long time, while clients are killed and connections are forgotten: nothing that was acknowledged
 * may be lost, and neither heap nor resident memory may grow. `deno task soak --minutes=30`
 *
 * @module
 */

import { parseArgs } from "node:util";
import { type Child, startChild } from "../child.ts";
import type { Report } from "./client.ts";
import { type Proxy, startProxy } from "../faults/proxy.ts";

/** How a soak is run. */
export interface SoakOptions {
  /** How long. */
  readonly seconds: number;
  /** The transport of server and clients. */
  readonly transport?: string;
  /** Takes the progress. */
  readonly say?: (line: string) => void;
}

/** Clients that are killed and whose connections are frozen. */
const VICTIMS = 3;
/** Dead peers are to be found within the shortest soak. */
const LIMITS = { keepaliveInterval: 2000, keepaliveTimeout: 2000, pingInterval: 500 };
const MIB_BYTES = 1024 * 1024;

/** Memory at one moment, in MiB. */
interface Sample {
  readonly heap: number;
  readonly rss: number;
}

/** A client's process, and the last that it said. */
interface Client {
  readonly name: string;
  readonly child: Child;
  readonly last: () => Report | undefined;
  readonly read: Promise<void>;
}

/**
 * Runs a soak.
 *
 * @returns What was wrong: nothing, if all is well.
 */
export async function soak({ seconds, transport = "http2", say = () => {} }: SoakOptions): Promise<string[]> {
  await using server = startChild(new URL("server.ts", import.meta.url), { transport, limits: LIMITS });
  const address = await server.line();
  await using proxy = await startProxy(address);
  const start = (name: string, address: string) => startClient(name, { address, transport });
  const steady = start("steady", address);
  const victims = Array.from({ length: VICTIMS }, (_, i) => start(`victim${i}`, proxy.address));
  const ended: Client[] = [];
  const samples = { server: [] as Sample[], client: [] as Sample[] };

  const end = performance.now() + seconds * 1000;
  const interval = Math.max(seconds / 100, 1) * 1000;
  let told = performance.now();
  let next = told + interval;
  while (performance.now() < end) {
    await new Promise((done) => setTimeout(done, 300 + Math.random() * 1400));
    await strike(victims, ended, proxy, (name) => start(name, proxy.address));
    if (performance.now() > next) {
      next += interval;
      samples.server.push(sampleOf(await ask(server)));
      await steady.child.tell("?");
      const report = steady.last();
      if (report) samples.client.push(sampleOf(report));
    }
    if (performance.now() > told + 10_000) {
      told += 10_000;
      say(progress(steady, victims, ended, proxy, samples));
    }
  }

  for (const { child, read } of [steady, ...victims]) {
    await child.closeInput();
    // Its last report is among what it says at the end.
    const timer = setTimeout(() => void child.kill(), 10_000);
    await read;
    clearTimeout(timer);
    await child.end();
  }
  const { ledger } = await ask(server);
  const faults = [...check(steady, [...victims, ...ended], ledger)];
  for (const [side, all] of Object.entries(samples)) {
    const { text, grows } = flatness(all, seconds < 300 ? 64 : 16);
    say(`${side}: ${text}`);
    if (grows) faults.push(`the ${side}'s memory grows: ${text}`);
  }
  if (server.log.match(/Uncaught|panic/)) faults.push(`the server logged ${server.log}`);
  const good = [steady, ...victims, ...ended].reduce((sum, one) => sum + (one.last()?.good ?? 0), 0);
  say(`${good} calls, ${ended.length} clients killed, ${proxy.silenced} connections frozen`);
  return faults;
}

function startClient(name: string, { address, transport }: { address: string; transport: string }): Client {
  const child = startChild(new URL("client.ts", import.meta.url), {
    name,
    address,
    transport,
    limits: LIMITS,
    pause: 10,
  });
  let last: Report | undefined;
  const read = (async () => {
    try {
      for (;;) last = JSON.parse(await child.line());
    } catch {
      // it has ended
    }
  })();
  return { name, child, last: () => last, read };
}

/** Does one bad thing: kills a client and starts another, or freezes a connection. */
async function strike(victims: Client[], ended: Client[], proxy: Proxy, start: (name: string) => Client) {
  if (Math.random() < 0.5) return proxy.silenceOne();
  const chosen = Math.floor(Math.random() * victims.length);
  const client = victims[chosen]!;
  await client.child.kill();
  await client.read;
  ended.push(client);
  victims[chosen] = start(`victim${VICTIMS - 1 + ended.length}`);
}

type Ledger = Readonly<Record<string, { count: number; sum: number }>>;

interface Memory {
  heapUsed: number;
  rss: number;
}

async function ask(server: Child): Promise<Memory & { ledger: Ledger }> {
  await server.tell("?");
  return JSON.parse(await server.line());
}

const sampleOf = ({ heapUsed, rss }: Memory): Sample => ({ heap: heapUsed / MIB_BYTES, rss: rss / MIB_BYTES });

/** Compares what the clients had acknowledged with what the server did. */
function* check(steady: Client, others: Client[], ledger: Ledger): Generator<string, void, void> {
  const report = steady.last();
  if (!report || report.acked === 0) return yield "the client that nobody disturbs did nothing";
  const page = ledger["steady"] ?? { count: 0, sum: 0 };
  if (page.count !== report.acked || page.sum !== report.sum) {
    yield `the server did ${page.count} calls (sum ${page.sum}), acknowledged were ${report.acked} (${report.sum})`;
  }
  if (report.lost > 0) yield `the client that nobody disturbs lost ${report.lost} calls: ${report.why}`;
  for (const one of [steady, ...others]) {
    const { acked, wrong } = one.last() ?? { acked: 0, wrong: [] };
    if (wrong.length > 0) yield `${one.name} got wrong answers: ${wrong.slice(0, 5).join("; ")}`;
    const done = ledger[one.name]?.count ?? 0;
    if (done < acked) yield `of ${one.name} ${acked} calls were acknowledged and ${done} done`;
    if (/Uncaught|panic/.test(one.child.log)) yield `${one.name} logged ${one.child.log}`;
  }
  if (!others.some((one) => (one.last()?.acked ?? 0) > 0)) yield "no client behind the proxy did anything";
}

/** Compares the second quarter with the last: the first one warms up. `slack` is for resident memory, in MiB. */
function flatness(samples: Sample[], slack: number): { text: string; grows: boolean } {
  const quarter = Math.floor(samples.length / 4);
  const of = (part: Sample[], key: keyof Sample) =>
    part.map((one) => one[key]).sort((a, b) => a - b)[part.length >> 1] ?? NaN;
  const early = samples.slice(quarter, 2 * quarter);
  const late = samples.slice(-quarter);
  const figures = (["heap", "rss"] as const).map((key) => {
    const [before, after] = [of(early, key), of(late, key)];
    // A tenth, and what warming up and a collector that runs when it likes may add.
    const most = before * 1.1 + (key === "heap" ? 4 : slack);
    return { text: `${key} ${before.toFixed(1)} to ${after.toFixed(1)} MiB`, grows: !(after <= most) };
  });
  return { text: figures.map(({ text }) => text).join(", "), grows: figures.some(({ grows }) => grows) };
}

function progress(steady: Client, victims: Client[], ended: Client[], proxy: Proxy, samples: { server: Sample[] }) {
  const { good = 0, lost = 0 } = steady.last() ?? {};
  const behind = [...victims, ...ended].map((one) => one.last());
  const sum = (key: "good" | "lost") => behind.reduce((sum, one) => sum + (one?.[key] ?? 0), 0);
  const { heap = 0, rss = 0 } = samples.server.at(-1) ?? {};
  return `steady ${good} calls, ${lost} lost; behind the proxy ${sum("good")}, ${sum("lost")} lost; ` +
    `${ended.length} killed, ${proxy.silenced} frozen, ${proxy.size} connections; ` +
    `server: heap ${heap.toFixed(1)}, rss ${rss.toFixed(0)} MiB`;
}

if (import.meta.main) {
  const options = { minutes: { type: "string" }, transport: { type: "string" } } as const;
  const { values } = parseArgs({ args: Deno.args, options });
  const seconds = 60 * Number(values.minutes ?? 30);
  const faults = await soak({ seconds, transport: values.transport, say: (line) => console.log(line) });
  console.log(faults.length === 0 ? "well: nothing lost, memory flat" : `NOT WELL:\n${faults.join("\n")}`);
  Deno.exit(faults.length === 0 ? 0 : 1);
}
