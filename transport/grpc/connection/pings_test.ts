import { assertEquals } from "@std/assert";
import { GrpcPair, type PairOptions, result } from "../../../tests/grpc_pair.ts";
import { fakeClock } from "../../../testing/clock.ts";
import { Status } from "../../../rpc/status.ts";
import { ConnectionError, ErrorCode } from "../../http2/protocol/error.ts";
import { PingPurpose } from "../../http2/state/pings.ts";
import type { ServerCall } from "../../transport.ts";

/** What grpc-go and Kitex allow by default: a PING in five minutes, after two that come too early. */
const STRICT = { pingInterval: 300_000 };
const MESSAGE = new Uint8Array(10);

const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));
/** A server that takes `ms` milliseconds for each message, and answers after the last one. */
const takes = (ms: number) => async (call: ServerCall) => {
  try {
    while (await call.receive() !== undefined) if (ms > 0) await pause(ms);
    call.finish({ code: Status.OK, message: "" });
  } catch {
    // The client sees it.
  }
};

/** Sends messages one after the other. It waits between them, and when `send` asks for it. */
async function sends(pair: GrpcPair, count: number, ms: number, message = MESSAGE): Promise<Status> {
  const call = pair.start();
  for (let i = 0; i < count; i++) {
    await call.send(message);
    if (ms > 0) await pause(ms);
  }
  call.end();
  return (await result(call))[1].code;
}

/** Makes calls with one message each, and begins one every `ms` milliseconds. */
async function calls(pair: GrpcPair, count: number, ms: number): Promise<Status[]> {
  const statuses: Promise<Status>[] = [];
  for (let i = 0; i < count; i++) {
    statuses.push(sends(pair, 1, 0));
    await pause(ms);
  }
  return await Promise.all(statuses);
}

/** Pings the client as grpc-go does for received messages, to measure the bandwidth. */
function measure({ server }: GrpcPair): void {
  setInterval(() => {
    server.connection.pings.send(PingPurpose.Bandwidth);
    server.wake();
  }, 2500);
}

interface Scenario {
  onCall: PairOptions["onCall"];
  run(pair: GrpcPair): Promise<Status | Status[]>;
}

const SCENARIOS: Record<string, Scenario> = {
  "a message each 2.5 s": { onCall: takes(0), run: (pair) => (measure(pair), sends(pair, 52, 2500)) },
  "a server that takes 2.5 s for a message": {
    onCall: takes(2500),
    run: (pair) => sends(pair, 50, 0, new Uint8Array(100_000)),
  },
  "a stream on which nobody speaks": { onCall: takes(0), run: (pair) => sends(pair, 1, 130_000) },
  "overlapping calls that take 20 s": { onCall: takes(20_000), run: (pair) => calls(pair, 100, 1100) },
  "overlapping calls that take 60 s": { onCall: takes(60_000), run: (pair) => calls(pair, 7, 10_000) },
};

Deno.test("no call fails because of its client's PINGs if the server follows gRPC's rule: slow senders, slow readers, idle streams", async () => {
  using clock = fakeClock();
  const runs = Object.entries(SCENARIOS).map(async ([name, { onCall, run }]) => {
    await using pair = new GrpcPair({ limits: STRICT, onCall });
    await pair.client.ready;
    return [name, pair.hits, [...new Set([await run(pair)].flat())]];
  });
  const outcomes = await clock.pass(140_000, Promise.all(runs));
  assertEquals(outcomes, Object.keys(SCENARIOS).map((name) => [name, [], [Status.OK]]));
});

Deno.test("a server that freezes while its client may send no PING is silent within 2.5 s of the next call", async () => {
  using clock = fakeClock();
  await using pair = new GrpcPair({ limits: STRICT, onCall: takes(60_000) });
  await pair.client.ready;
  const waiting = calls(pair, 4, 1100);
  await clock.pass(10_000);
  assertEquals(pair.client.connection.pings.spent, true);
  const thaw = Promise.withResolvers<void>();
  pair.sockets[0].gate = thaw.promise; // what the client writes does not arrive
  await clock.pass(5000);
  assertEquals(pair.client.silent, false); // nobody has called
  const late = sends(pair, 1, 0);
  await clock.pass(2500);
  assertEquals(pair.client.silent, true);
  pair.sockets[0].gate = undefined;
  thaw.resolve();
  await clock.pass(10);
  assertEquals(pair.client.silent, false);
  await clock.pass(61_000, Promise.all([waiting, late]));
  assertEquals(pair.hits, []);
});

Deno.test("a client logs too_many_pings, and its later connections double the keepalive interval", async () => {
  using clock = fakeClock();
  const pace = { factor: 1 };
  const lines: unknown[] = [];
  const logger = { debug() {}, info() {}, error() {}, warn: (...line: unknown[]) => void lines.push(line) };
  for (const factor of [1, 2, 4]) {
    await using pair = new GrpcPair({ pace, logger, onCall: takes(0) });
    await pair.client.ready;
    assertEquals(pace.factor, factor);
    const { pings } = pair.client.connection;
    const sent: number[] = [];
    const send = pings.send.bind(pings);
    pings.send = (purpose) => (sent.push(purpose), send(purpose));
    const call = sends(pair, 1, 70_000 * factor);
    const silence = factor === 1 ? [PingPurpose.Silence] : [];
    await clock.pass(60_000 * factor);
    assertEquals(sent, silence);
    await clock.pass(2000);
    assertEquals(sent, [...silence, PingPurpose.Keepalive]);
    pair.server.connection.fail(new ConnectionError(ErrorCode.ENHANCE_YOUR_CALM, "too_many_pings"));
    pair.server.wake();
    await clock.pass(10_000 * factor, call);
  }
  assertEquals(lines.length, 3);
});
