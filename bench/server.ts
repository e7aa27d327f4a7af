/**
 * Starts the servers of peers.
 *
 * @module
 */

import { cores } from "./machine.ts";
import type { Certificate, Peer } from "./peers/peer.ts";
import { load } from "./peers/go.ts";
import { cpuSeconds, kill, pinned, type Program, run, spawn } from "./process.ts";

/** How long a server may take until it listens. */
const MAX_START_MS = 20_000;

/** A server in its own process, which ends with the scope of `await using`. */
export interface Server extends AsyncDisposable {
  readonly peer: Peer;
  /** The address, such as `"127.0.0.1:8888"`. */
  readonly address: string;
  readonly pid: number;
  readonly tls: boolean;
  /** Whether the process has ended by itself. */
  ended(): boolean;
  /** Returns a program of the load, restricted to the load's cores. */
  beside(program: Program): Program;
}

/**
 * Starts a peer's server, and checks that it answers every kind of call correctly.
 *
 * @throws {Error} If it does not. The message contains the actual result.
 */
export async function startServer(peer: Peer, tls?: Certificate): Promise<Server> {
  const child = spawn(pinned(peer.server(tls), cores(peer.cores).server));
  let over = false;
  const status = child.status.then(() => over = true);
  const complaints = tail(child.stderr);
  const stop = async () => {
    kill(child, "SIGKILL"); // there is nothing to lose, and some servers wait for their clients
    await Promise.all([status, output, complaints]);
  };
  const timer = setTimeout(() => kill(child, "SIGKILL"), MAX_START_MS);
  const [ready, output] = firstLine(child.stdout);
  const line = await ready;
  clearTimeout(timer);
  if (!line?.startsWith("READY ")) {
    await stop();
    throw new Error(`its server did not start: ${gist(await complaints)}`);
  }
  const server: Server = {
    peer,
    address: line.slice("READY ".length),
    pid: child.pid,
    tls: tls !== undefined,
    ended: () => over,
    beside: (program) => pinned(program, cores(peer.cores).load),
    [Symbol.asyncDispose]: stop,
  };
  if (peer.raw) return server;
  try {
    await run(load(server.address, "check", { tls: server.tls }), 15);
    return server;
  } catch (error) {
    await stop();
    throw new Error(`its replies are wrong: ${(error as Error).message}`);
  }
}

/** Returns the first line of a stream, and a promise of its end. */
function firstLine(stream: ReadableStream<Uint8Array<ArrayBuffer>>): [Promise<string | undefined>, Promise<void>] {
  const first = Promise.withResolvers<string | undefined>();
  const end = (async () => {
    let text = "";
    for await (const part of stream.pipeThrough(new TextDecoderStream())) {
      if (text.includes("\n")) continue;
      text += part;
      if (text.includes("\n")) first.resolve(text.split("\n")[0]);
    }
    first.resolve(undefined);
  })();
  return [first.promise, end];
}

/** Returns the end of a stream's text. A server that logs each connection must not fill the memory. */
async function tail(stream: ReadableStream<Uint8Array<ArrayBuffer>>): Promise<string> {
  let text = "";
  for await (const part of stream.pipeThrough(new TextDecoderStream())) text = (text + part).slice(-1000);
  return text.trim();
}

/** Returns the line of an error output that says what is wrong, rather than where. */
function gist(complaint: string): string {
  return complaint.split("\n").find((line) => /error|panic/i.test(line))?.trim() ?? (complaint || "it said nothing");
}

/** Runs a function, and returns the processor seconds that a server used meanwhile, and its share of a core. */
export async function cpuOf<T>(
  server: Server,
  work: () => Promise<T>,
): Promise<[result: T, cpu: number, busy: number]> {
  const [start, before] = [performance.now(), await cpuSeconds(server.pid)];
  const result = await work();
  const cpu = await cpuSeconds(server.pid) - before;
  return [result, cpu, cpu / (performance.now() - start) * 1000];
}
