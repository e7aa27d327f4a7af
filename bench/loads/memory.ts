import { load } from "../peers/go.ts";
import { kill, residentKiB, spawn } from "../process.ts";
import type { Server } from "../server.ts";
import { grpcOnly, type Load, oneCore } from "./load.ts";

/** How long a server may settle before its memory is read, so that work at the start of connections has ended. */
const SETTLE_MS = 1500;

/** The timeout for opening all connections or calls. */
const MAX_WAIT_MS = 60_000;

/** Returns the memory of a server, in KiB, before and while the load generator holds connections or calls. */
async function holding(server: Server, flags: Record<string, number>): Promise<[before: number, holding: number]> {
  await settle();
  const before = await residentKiB(server.pid);
  const mode = server.peer.raw ? "raw-hold" : "hold";
  const child = spawn(server.beside(load(server.address, mode, flags)), "piped");
  const output = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  const complaints = new Response(child.stderr).text();
  const timer = setTimeout(() => kill(child, "SIGKILL"), MAX_WAIT_MS);
  try {
    const { value } = await output.read();
    if (value === undefined) throw new Error(`load ${mode} failed: ${(await complaints).slice(-500)}`);
    await settle();
    return [before, await residentKiB(server.pid)];
  } finally {
    clearTimeout(timer);
    await child.stdin.close().catch(() => {}); // it has ended
    await output.cancel();
    await Promise.all([child.status, complaints]);
  }
}

const settle = () => new Promise((resolve) => setTimeout(resolve, SETTLE_MS));

const CONNECTIONS = 1000;

/** Measures the memory of idle connections. */
const idle: Load = {
  name: "idle",
  title: "1,000 idle connections, each after one call: memory (RSS) of a new server",
  columns: [
    { key: "each", title: "KiB a connection", better: "less" },
    { key: "before", title: "MiB before" },
    { key: "all", title: "MiB with all" },
  ],
  fresh: true,
  refuses: oneCore,
  async run(server) {
    const [before, all] = await holding(server, { conns: CONNECTIONS, streams: 0 });
    return { each: (all - before) / CONNECTIONS, before: before / 1024, all: all / 1024 };
  },
};

/** The default limit of streams on a connection. */
const STREAMS = 100;

/** Measures the memory of calls in flight. */
const held: Load = {
  name: "held",
  title: "10,000 calls in flight (open bidi streams, 100 connections of 100): memory (RSS) of a new server",
  columns: [
    { key: "all", title: "MiB with all", better: "less" },
    { key: "each", title: "KiB a call", better: "less" },
    { key: "before", title: "MiB before" },
  ],
  fresh: true,
  refuses: grpcOnly,
  async run(server) {
    const [before, all] = await holding(server, { conns: 10_000 / STREAMS, streams: STREAMS });
    return { each: (all - before) / 10_000, before: before / 1024, all: all / 1024 };
  },
};

/** The loads that measure memory. */
export const MEMORY_LOADS: readonly Load[] = [idle, held];
