/**
 * A peer's server that runs.
 *
 * @module
 */

import { cores } from "./machine.ts";
import type { Certificate, Peer } from "./peers/peer.ts";
import { load } from "./peers/go.ts";
import { cpuSeconds, kill, pinned, type Program, run, spawn } from "./process.ts";

/** How long a server may take until it listens, in milliseconds. */
const MAX_START_MS = 20_000;

/** A server in a process of its own, which ends with the scope of `await using`. */
export interface Server extends AsyncDisposable {
  readonly peer: Peer;
  /** `"127.0.0.1:PORT"`. */
  readonly address: string;
  readonly pid: number;
  readonly tls: boolean;
  /** Whether it has ended by itself. */
  ended(): boolean;
  /** A program of the load, kept to the load's cores. */
  beside(program: Program): Program;
}

/**
 * Starts a peer's server, and checks that it answers every kind of call right.
 *
 * @throws {Error} If it does not; the message says what came instead.
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

/** The first line of a stream, and the end of the stream. */
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

/** The end of what a stream says: a server that logs each connection must not fill the memory. */
async function tail(stream: ReadableStream<Uint8Array<ArrayBuffer>>): Promise<string> {
  let text = "";
  for await (const part of stream.pipeThrough(new TextDecoderStream())) text = (text + part).slice(-1000);
  return text.trim();
}

/** The line of a complaint that says what is wrong, rather than where. */
function gist(complaint: string): string {
  return complaint.split("\n").find((line) => /error|panic/i.test(line))?.trim() ?? (complaint || "it said nothing");
}

/** What a server used meanwhile: the seconds of processor time, and how much of a core that was. */
export async function cpuOf<T>(
  server: Server,
  work: () => Promise<T>,
): Promise<[result: T, cpu: number, busy: number]> {
  const [start, before] = [performance.now(), await cpuSeconds(server.pid)];
  const result = await work();
  const cpu = await cpuSeconds(server.pid) - before;
  return [result, cpu, cpu / (performance.now() - start) * 1000];
}
