/**
 * A client that calls `dinokit.test.Pool` at a fixed rate, whether or not earlier calls have ended: a server that hangs
 * makes its callers many, as it does where people call. Each line on stdin gets a line with the calls that have ended
 * since the last; after the end of stdin it waits for those in flight and tells the rest.
 *
 * @module
 */

import {
  BizError,
  type Client,
  type ClientOptions,
  consul,
  type ConsulOptions,
  createClient,
  RpcError,
  statusName,
} from "../../mod.ts";
import { linesOf } from "../child.ts";
import { Pool } from "../proto/pool.ts";

/** What the client is started with. */
export interface LoadSetup {
  /** The agent where `pool` is looked up; undefined for the `address` of `options`. */
  consul?: string;
  /** How it is asked. */
  consulOptions?: ConsulOptions;
  /** Those of `createClient`. */
  options?: Omit<ClientOptions, "resolver">;
  /** Calls a second. */
  rate: number;
  /** @default {"read"} */
  method?: "read" | "write";
  /**
   * Of each call, in milliseconds.
   * @default {1000}
   */
  timeout?: number;
  /**
   * How many streams are kept open beside the calls, and begun again when they end.
   * @default {0}
   */
  streams?: number;
  /**
   * How many clients there are, which take turns.
   * @default {1}
   */
  clients?: number;
}

/** One call that has ended. */
export interface Call {
  /** When it began, in milliseconds since 1970. */
  readonly at: number;
  /** How many milliseconds it took. */
  readonly took: number;
  /** `"OK"`, or the status that it failed with. */
  readonly status: string;
  /** The address of the instance that answered; `""` if none has said. */
  readonly instance: string;
  /** The error's text. */
  readonly error?: string;
}

/** What a line on stdin gets. */
export interface Report {
  readonly calls: Call[];
  /** Streams that have ended. */
  readonly streams: Call[];
  /** How many calls are in flight. */
  readonly inFlight: number;
}

const setup = JSON.parse(Deno.args[0]!) as LoadSetup;
const { consul: agent, consulOptions, options, rate, method = "read", timeout = 1000, streams = 0, clients = 1 } =
  setup;

let calls: Call[] = [];
let ended: Call[] = [];
let inFlight = 0;
let stopped = false;
const now = () => performance.timeOrigin + performance.now();

async function observe(call: () => Promise<string>): Promise<Call> {
  const at = now();
  const done = (status: string, instance: string, error?: string) => ({
    at,
    took: now() - at,
    status,
    instance,
    error,
  });
  try {
    return done("OK", await call());
  } catch (error) {
    if (error instanceof BizError || !(error instanceof RpcError)) return done("WRONG", "", String(error));
    return done(statusName(error.code), String(error.metadata.get("x-instance") ?? ""), error.rawMessage);
  }
}

type PoolClient = Client<typeof Pool>;

async function callOnce(client: PoolClient): Promise<void> {
  inFlight++;
  const call = await observe(async () => (await client[method]({}, { timeout })).instance);
  calls.push(call);
  inFlight--;
}

async function followAgain(client: PoolClient): Promise<void> {
  while (!stopped) {
    let instance = "";
    const stream = await observe(async () => {
      for await (const reply of client.follow({}, { signal: leaving.signal })) instance = reply.instance;
      return instance;
    });
    if (!stopped) ended.push({ ...stream, instance });
    await new Promise((done) => setTimeout(done, 50));
  }
}

function say(): void {
  console.log(JSON.stringify({ calls, streams: ended, inFlight } satisfies Report));
  [calls, ended] = [[], []];
}

const leaving = new AbortController();
const all = Array.from(
  { length: clients },
  () => createClient(Pool, agent ? { name: "pool", resolver: consul(agent, consulOptions), ...options } : options!),
);
const following = Array.from({ length: streams }, (_, i) => followAgain(all[i % clients]!));
const start = performance.now();
let begun = 0;
const beat = setInterval(() => {
  for (const due = (performance.now() - start) / 1000 * rate; begun < due; begun++) {
    void callOnce(all[begun % clients]!);
  }
}, 2);
for await (const _ of linesOf(Deno.stdin.readable)) say();
clearInterval(beat);
stopped = true;
while (inFlight > 0) await new Promise((done) => setTimeout(done, 10));
leaving.abort();
await Promise.all(following);
await Promise.all(all.map((one) => one[Symbol.asyncDispose]()));
say();
