/**
 * A server under attack: in a process of its own, watched from outside, and called all the while by somebody who
 * behaves.
 *
 * @module
 */

import { type ClientOptions, createClient, type ServerOptions } from "../../mod.ts";
import { startChild } from "../child.ts";
import { until } from "../observe.ts";
import { Kinds } from "../proto/kinds.ts";
import { type SocketTransport, transportOf } from "../transport_of.ts";

/** What a siege needs. */
export const SIEGE_PERMISSIONS: Deno.PermissionDescriptor[] = [
  { name: "run" },
  { name: "net" },
  { name: "env" },
  { name: "read" },
];

/** The transport that is attacked. */
export const TRANSPORT = (Deno.args[0] ?? "http2") as SocketTransport;

const quiet = { debug() {}, info() {}, warn() {}, error() {} };

/** Limits by name: also those that only our own transport knows. */
export type Limits = Readonly<Record<string, number>>;

/** How the siege is laid. */
export interface SiegeOptions {
  /** The server's limits. */
  readonly limits?: Limits;
  /** The rest of its options. */
  readonly server?: Partial<ServerOptions>;
  /**
   * The most resident memory of the server.
   * @default {150}
   */
  readonly megabytes?: number;
  /** The limits of which at least one must have been counted. */
  readonly hits?: readonly string[];
}

/** The server as the attacker sees it. */
export interface Victim {
  /** Where it listens. */
  readonly address: string;
  /** What it logged. */
  readonly log: () => string;
}

/** What it came to. */
export interface Outcome {
  /** How often each limit was hit. */
  readonly hits: Readonly<Record<string, number>>;
  /** The most resident memory, in MiB. */
  readonly megabytes: number;
  /** The bystander's calls, and the median of their times in milliseconds. */
  readonly calls: number;
  readonly p50: number;
}

/**
 * Runs an attack against a new server.
 *
 * @throws {Error} If a call of the bystander failed, the server took too much memory, or did not outlive the attack.
 */
export async function siege(attack: (victim: Victim) => Promise<void>, options: SiegeOptions = {}): Promise<Outcome> {
  await using server = await startVictim(options);
  await using bystander = callOnAndOn(server.address);
  await bystander.some(3);
  await attack(server);
  await bystander.some(3);
  await bystander.stop();
  await using late = callOnAndOn(server.address);
  await late.some(1);
  await late.stop();
  const { hits } = await server.ask();
  const outcome = { hits, megabytes: server.peak(), ...bystander.figures() };
  const { megabytes = 150 } = options;
  if (Deno.args.includes("--figures")) console.log(JSON.stringify(outcome));
  if (outcome.megabytes > megabytes) throw new Error(`the server took ${outcome.megabytes} MiB, over ${megabytes}`);
  if (options.hits && !options.hits.some((name) => (hits[name] ?? 0) > 0)) {
    throw new Error(`no hit of ${options.hits.join(" or ")} was counted: ${JSON.stringify(hits)}`);
  }
  return outcome;
}

/** Starts the server and samples its memory. */
export async function startVictim({ limits, server }: SiegeOptions) {
  const child = startChild(new URL("victim.ts", import.meta.url), { transport: TRANSPORT, limits, ...server });
  const address = await child.line();
  let peak = 0;
  const sample = () => void (peak = Math.max(peak, child.residentMegabytes));
  const sampler = setInterval(sample, 20);
  return {
    address,
    log: () => child.log,
    peak: () => (sample(), peak),
    alive: () => child.alive,
    async ask(): Promise<{ rss: number; heapUsed: number; hits: Record<string, number> }> {
      await child.tell("?");
      return JSON.parse(await child.line());
    },
    async [Symbol.asyncDispose]() {
      clearInterval(sampler);
      await child.end();
    },
  };
}

/** A client that behaves, and calls until it is stopped. */
export function callOnAndOn(address: string, options: Partial<ClientOptions> = {}) {
  const client = createClient(Kinds, {
    address,
    transport: transportOf(TRANSPORT),
    logger: quiet,
    timeout: 5000,
    ...options,
  });
  const times: number[] = [];
  let stopped = false;
  let failure: unknown;
  const run = (async () => {
    while (!stopped) {
      const start = performance.now();
      try {
        await client.unary({ text: "still there?" });
      } catch (error) {
        failure = new Error(`a bystander's call failed after ${times.length}: ${(error as Error).message}`);
        break;
      }
      times.push(performance.now() - start);
      await new Promise((done) => setTimeout(done, 5));
    }
  })();
  return {
    /** Waits for that many more calls. */
    async some(count: number): Promise<void> {
      const goal = times.length + count;
      await until(() => failure !== undefined || times.length >= goal, `${count} calls of a bystander`);
      if (failure) throw failure;
    },
    async stop(): Promise<void> {
      stopped = true;
      await run;
      if (failure) throw failure;
    },
    figures: () => ({ calls: times.length, p50: times.toSorted((a, b) => a - b)[times.length >> 1] ?? NaN }),
    async [Symbol.asyncDispose]() {
      stopped = true;
      await run;
      await client[Symbol.asyncDispose]();
    },
  };
}
