import { clientState, createClient } from "../../mod.ts";
import { recordingLogger, until } from "../observe.ts";
import type { Peer } from "../program.ts";
import { Kinds } from "../proto/kinds.ts";
import { type Counts, startCountingProxy } from "./counting_proxy.ts";

/** How long the calls go on, and how slowly, in milliseconds. */
export interface Pace {
  /** How long the streams are open. */
  readonly length: number;
  /** Between two messages. */
  readonly gap: number;
}

/** Long enough that a server of gRPC would find PINGs too many that are sent for each sign of life. */
export const SHORT: Pace = { length: 10_000, gap: 1600 };

/** What came of slow calls to a server. */
export interface Outcome extends Counts {
  readonly scenario: string;
  /** Why calls failed. */
  readonly failures: readonly string[];
  /** How long after a call to the frozen server the client knew that it is silent, in milliseconds. */
  readonly silentAfter: number;
}

const connect = (address: string, logger: ReturnType<typeof recordingLogger>) =>
  createClient(Kinds, { address, logger });
type KindsClient = ReturnType<typeof connect>;
type Scenario = (client: KindsClient, pace: Pace, over: Promise<void>) => Promise<unknown>;

/** The deadline of unary calls, which may wait for a frozen server. */
const TIMEOUT_MS = 120_000;
const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

/** One message after the other, until it is over. */
async function* each<T>(message: T, gap: number, over: Promise<void>): AsyncGenerator<T> {
  let open = true;
  void over.then(() => open = false);
  while (open) {
    yield message;
    await Promise.race([pause(gap), over]);
  }
}

const LARGE_BYTES = 50_000;

/** Calls that let neither side speak often. */
export const SCENARIOS: Readonly<Record<string, Scenario>> = {
  "slow sender": (client, { gap }, over) => client.clientStream(each({}, gap, over)),
  "server that reads slowly": async (client, { gap }, over) => {
    const enough = new AbortController(); // it has much to read still
    void over.then(() => enough.abort());
    const requests = each({ text: `sleep:${gap}`, data: new Uint8Array(LARGE_BYTES) }, 0, over);
    await client.clientStream(requests, { signal: enough.signal }).catch((error) => {
      if (!enough.signal.aborted) throw error;
    });
  },
  "client that reads slowly": async (client, { gap }, over) => {
    let open = true;
    void over.then(() => open = false);
    for await (const _ of client.serverStream({ text: "x".repeat(LARGE_BYTES), count: 200 })) {
      await Promise.race([pause(gap), over]);
      if (!open) break;
    }
  },
  "idle stream": (client, _, over) =>
    Array.fromAsync(client.bidi(new ReadableStream<never>({ pull: (requests) => over.then(() => requests.close()) }))),
  "overlapping slow answers": async (client, { length, gap }, over) => {
    const calls: Promise<unknown>[] = [];
    for await (const { text } of each({ text: `sleep:${Math.min(20_000, length * 0.6)}` }, gap * 0.8, over)) {
      calls.push(client.unary({ text }, { timeout: TIMEOUT_MS }));
    }
    await Promise.all(calls);
  },
};

/**
 * Makes all slow calls to a server, each with a client of its own. At their end, while the streams are open, the server
 * is frozen and called once more by each of the clients; it goes on when they have found out.
 */
export async function makeSlowCalls(peer: Peer, pace: Pace): Promise<Outcome[]> {
  const over = Promise.withResolvers<void>();
  const frozen = Promise.withResolvers<void>();
  const known: Promise<unknown>[] = [];
  const runs = Object.entries(SCENARIOS).map(async ([scenario, run]): Promise<Outcome> => {
    await using proxy = startCountingProxy(peer.address);
    const logger = recordingLogger();
    await using client = connect(proxy.address, logger);
    const failures: string[] = [];
    const fails = (what: string) => (error: unknown) => void failures.push(`${what}: ${error}`);
    const calls = run(client, pace, over.promise).catch(fails(scenario));
    const silent = frozen.promise.then(async () => {
      const begin = performance.now();
      const call = client.unary({}, { timeout: TIMEOUT_MS }).catch(fails("a call to the frozen server"));
      const found = () => failures.length > 0 || clientState(client).instances[0]?.state === "silent";
      await until(found, `${scenario}: it is silent`);
      return { milliseconds: Math.round(performance.now() - begin), call };
    });
    known.push(silent);
    const { milliseconds, call } = await silent;
    await Promise.all([calls, call]);
    failures.push(...logger.lines.filter((line) => !/an instance (is silent|speaks)/.test(line)));
    return { scenario, failures, silentAfter: milliseconds, ...proxy.counts };
  });
  try {
    await Promise.race([pause(pace.length), Promise.all(runs)]);
    peer.signal("SIGSTOP");
    frozen.resolve();
    await Promise.all(known);
  } finally {
    peer.signal("SIGCONT");
    over.resolve();
  }
  return await Promise.all(runs);
}
