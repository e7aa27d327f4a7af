import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { createClient, createServer, type Logger, type Metadata, RpcError, type Server, Status } from "../../mod.ts";
import { kindsHandlers, type Seen } from "../kinds.ts";
import { needs } from "../needs.ts";
import { Kinds, Msg } from "../proto/kinds.ts";
import { PEER_PERMISSIONS, startPeer } from "./peers.ts";
import { runClient } from "./run_client.ts";

const quiet: Logger = { debug() {}, info() {}, warn() {}, error() {} };

async function startKinds(seen: Seen[] = [], compression: "identity" | "gzip" = "identity"): Promise<Server> {
  const server = createServer({ name: "kinds", address: "127.0.0.1:0", logger: quiet, compression });
  server.add(Kinds, kindsHandlers(seen));
  await server.start();
  return server;
}

async function* from<T>(...values: T[]): AsyncGenerator<T> {
  yield* values;
}

async function collect<T>(values: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const value of values) all.push(value);
  return all;
}

for (const gzip of [false, true]) {
  const suffix = gzip ? " with gzip" : "";
  needs(PEER_PERMISSIONS, `a grpc-go client makes all four kinds of call to a Dinokit server${suffix}`, async () => {
    await using server = await startKinds([], gzip ? "gzip" : "identity");
    const run = async (kind: string, ...more: string[]) => {
      const flags = ["-addr", server.address, "-kind", kind, "-size", "2000", ...(gzip ? ["-gzip"] : []), ...more];
      const [outcome] = await runClient("grpcgo_client", ...flags);
      assertEquals(outcome.status.code, 0, JSON.stringify(outcome.status));
      return outcome.replies;
    };
    assertEquals(await run("unary"), [{ text: "hello", count: 1, bytes: 2000 }]);
    assertEquals((await run("client", "-messages", "3"))[0]!.text, "hello,hello,hello");
    assertEquals((await run("server", "-messages", "50")).length, 50);
    assertEquals((await run("bidi", "-messages", "5")).length, 5);
  });

  needs(PEER_PERMISSIONS, `a Dinokit client makes all four kinds of call to a grpc-go server${suffix}`, async () => {
    await using peer = await startPeer("grpcgo_server", gzip ? ["-gzip"] : []);
    await using client = createClient(Kinds, {
      address: peer.address,
      logger: quiet,
      compression: gzip ? "gzip" : "identity",
    });
    const msg = { text: "hallo, 世界", count: 3, data: new Uint8Array(2000).fill(7) };
    assertEquals(await client.unary(msg), msg);
    assertEquals((await client.clientStream(from({ text: "a" }, { text: "b" }))).text, "a,b");
    assertEquals((await collect(client.serverStream({ text: "x", count: 50 }))).length, 50);
    assertEquals((await collect(client.bidi(from(msg, msg, msg)))).length, 3);
  });
}

needs(PEER_PERMISSIONS, "metadata crosses between grpc-go and Dinokit both ways, bytes too", async () => {
  await using server = await startKinds();
  const fields = ["x-echo=there", "x-echo-bin=AAH/", "x-trail=end"].flatMap((field) => ["-metadata", field]);
  const [outcome] = await runClient("grpcgo_client", "-addr", server.address, ...fields);
  assertEquals([outcome.header["x-echo"], outcome.trailer["x-trail"]], [["there"], ["end"]]);
  assert(outcome.header["x-echo-bin"], "the bytes came back");
  await using peer = await startPeer("grpcgo_server");
  await using client = createClient(Kinds, { address: peer.address, logger: quiet });
  let header: Metadata | undefined;
  let trailer: Metadata | undefined;
  await client.unary({}, {
    metadata: { "x-echo": "there", "x-echo-bin": new Uint8Array([0, 1, 255]), "x-trail": "end" },
    onHeader: (value) => header = value,
    onTrailer: (value) => trailer = value,
  });
  assertEquals([header?.get("x-echo"), header?.get("x-echo-bin"), trailer?.get("x-trail")], [
    "there",
    new Uint8Array([0, 1, 255]),
    "end",
  ]);
});

needs(PEER_PERMISSIONS, "statuses with details cross between grpc-go and Dinokit both ways", async () => {
  await using server = await startKinds();
  const [outcome] = await runClient("grpcgo_client", "-addr", server.address, "-text", "fail:5:no such thing: ä");
  assertEquals(outcome.status, { code: 5, message: "no such thing: ä", details: ["no such thing: ä"] });
  await using peer = await startPeer("grpcgo_server");
  await using client = createClient(Kinds, { address: peer.address, logger: quiet });
  const error = await assertRejects(() => client.unary({ text: "fail:5:no such thing: ä" }), RpcError);
  assertEquals([error.code, error.rawMessage], [Status.NOT_FOUND, "no such thing: ä"]);
  assertEquals(error.findDetails(Msg).length, 1);
});

needs(
  PEER_PERMISSIONS,
  "a grpc-go server's pushback is honoured, and it learns how many attempts there were",
  async () => {
    await using peer = await startPeer("grpcgo_server");
    await using client = createClient(Kinds, {
      address: peer.address,
      logger: quiet,
      retry: { attempts: 3, backoff: 60_000, maxBackoff: 60_000 },
    });
    assertEquals((await client.unary({ text: "attempt:2" })).text, "2");
    const error = await assertRejects(() => client.unary({ text: "attempt:7" }), RpcError);
    assertEquals(error.code, Status.UNAVAILABLE);
    assertStringIncludes(error.message, "previous attempts: [2] (attempt 3; before it");
  },
);

needs(PEER_PERMISSIONS, "a grpc-go client's deadline and cancel reach a Dinokit handler", async () => {
  const seen: Seen[] = [];
  await using server = await startKinds(seen);
  const [late] = await runClient("grpcgo_client", "-addr", server.address, "-text", "hang", "-timeout", "200");
  assertEquals(late.status.code, Status.DEADLINE_EXCEEDED);
  const [cancelled] = await runClient("grpcgo_client", "-addr", server.address, "-text", "hang", "-cancel-after", "0");
  assertEquals(cancelled.status.code, Status.CANCELLED);
  assert(seen[0]!.deadline !== undefined);
  for (const one of seen) assert(await one.aborted instanceof RpcError);
});

needs(PEER_PERMISSIONS, "grpc-go's health client reads grpc.health.v1", async () => {
  await using server = await startKinds();
  const [whole] = await runClient("grpcgo_client", "-addr", server.address, "-kind", "health", "-text", "");
  assertEquals(whole!.replies[0]!.text, "SERVING");
  const [missing] = await runClient("grpcgo_client", "-addr", server.address, "-kind", "health", "-text", "no.Such");
  assertEquals(missing.status.code, Status.NOT_FOUND);
  assertStringIncludes(missing.status.message, "no.Such");
});
