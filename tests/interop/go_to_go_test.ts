// Proves that the peers themselves do what the interop tests rely on: Go against Go, without Dinokit.
import { assert, assertEquals, assertMatch, assertObjectMatch } from "@std/assert";
import { CONSUL_PERMISSIONS, startConsul } from "../consul.ts";
import { needs } from "../needs.ts";
import { PEER_PERMISSIONS, startPeer } from "./peers.ts";
import { type GrpcGoOutcome, type KitexOutcome, runClient } from "./run_client.ts";

const kitex = async (...args: string[]): Promise<KitexOutcome> => (await runClient("kitex_client", ...args))[0];
const grpcGo = async (...args: string[]): Promise<GrpcGoOutcome> => (await runClient("grpcgo_client", ...args))[0];

needs(PEER_PERMISSIONS, "Kitex to Kitex: echo and the tutorial's client_name", async () => {
  await using server = await startPeer("kitex_server");
  const outcome = await kitex("-addr", server.address, "-persistent", "CLIENT_NAME=echo_client");
  assertEquals([outcome.resp, outcome.error, outcome.biz], ["hello, world", null, null]);
  assertEquals(await server.line("client_name"), "client_name =  echo_client");
});

needs(PEER_PERMISSIONS, "Kitex to Kitex: metainfo and metadata, over two hops as well", async () => {
  await using server = await startPeer("kitex_server");
  const flags = ["-addr", server.address, "-persistent", "P=1", "-transient", "T=2", "-metadata", "x-a=3"];
  const near = JSON.parse((await kitex(...flags, "-message", "meta")).resp);
  assertEquals([near.persistent, near.transient, near.metadata["x-a"]], [{ P: "1" }, { T: "2" }, ["3"]]);
  const far = JSON.parse((await kitex(...flags, "-message", `forward:${server.address} meta`)).resp);
  assertEquals([far.persistent, far.metadata["x-a"]], [{ P: "1" }, undefined]);
});

needs(PEER_PERMISSIONS, "Kitex to Kitex: header, trailer, business error, status, plain error", async () => {
  await using server = await startPeer("kitex_server");
  const say = (message: string) => kitex("-addr", server.address, "-message", message);
  const fields = await say("header");
  assertObjectMatch(fields.header, { "x-kitex-header": ["from the header"], "x-kitex-bin": ["AP8="] });
  assertEquals(fields.trailer["x-kitex-trailer"], ["from the trailer"]);
  assertEquals((await say("biz:1001:no stock")).biz, { code: 1001, message: "no stock", extra: { from: "kitex" } });
  assertEquals((await say("status:5:nobody")).error?.code, 5);
  assertMatch((await say("fail")).error!.message, /code = 13 desc = plain failure \[biz error\]/);
});

needs(PEER_PERMISSIONS, "Kitex to Kitex: deadline and cancellation", async () => {
  await using server = await startPeer("kitex_server");
  const left = Number((await kitex("-addr", server.address, "-message", "deadline", "-timeout", "5000")).resp);
  assert(left > 0 && left <= 5000, `${left} ms left`);
  assertMatch(
    (await kitex("-addr", server.address, "-message", "sleep:9000", "-timeout", "100")).error!.message,
    /timeout/,
  );
  await server.line("CANCELLED");
});

needs(PEER_PERMISSIONS, "Kitex to Kitex: gzip if both enable it", async () => {
  await using plain = await startPeer("kitex_server");
  await using zipped = await startPeer("kitex_server", ["-gzip"]);
  assertEquals((await kitex("-addr", zipped.address, "-gzip")).resp, "hello, world");
  assertMatch((await kitex("-addr", plain.address, "-gzip")).error!.message, /no kitex compressor/);
});

needs([...PEER_PERMISSIONS, ...CONSUL_PERMISSIONS], "Kitex to Kitex: through Consul", async () => {
  await using agent = await startConsul();
  await using server = await startPeer("kitex_server", ["-consul", agent.address]);
  const deadline = Date.now() + 15_000;
  while ((await agent.get("/v1/health/service/echoservice?passing=1")).length === 0) {
    assert(Date.now() < deadline, "the service does not pass its check");
    await new Promise((done) => setTimeout(done, 50));
  }
  assertEquals((await kitex("-consul", agent.address)).resp, "hello, world");
  await server.stop();
  assertEquals(await agent.get("/v1/agent/services"), {});
});

for (const kind of ["unary", "client", "server", "bidi"]) {
  needs(PEER_PERMISSIONS, `grpc-go to grpc-go, ${kind}: messages, metadata, status, gzip`, async () => {
    await using server = await startPeer("grpcgo_server", ["-gzip"]);
    const call = (...args: string[]) => grpcGo("-addr", server.address, "-kind", kind, "-messages", "3", ...args);
    const expected = {
      unary: [{ text: "hello", count: 3, bytes: 9 }],
      client: [{ text: "hello,hello,hello", count: 3, bytes: 0 }],
      server: [0, 1, 2].map((count) => ({ text: "hello", count, bytes: 9 })),
      bidi: [3, 3, 3].map((count) => ({ text: "hello", count, bytes: 9 })),
    }[kind];
    const metadata = ["x-echo=a", "x-echo-bin=AP8=", "x-trail=b"].flatMap((field) => ["-metadata", field]);
    for (const gzip of [[], ["-gzip"]]) {
      const outcome = await call("-size", "9", ...metadata, ...gzip);
      assertEquals([outcome.replies, outcome.status.code], [expected, 0]);
      assertObjectMatch(outcome.header, { "x-echo": ["a"], "x-echo-bin": ["AP8="] });
      assertEquals(outcome.trailer, { "x-trail": ["b"] });
    }
    const failed = await call("-text", "fail:5:nö");
    assertEquals(failed.status, { code: 5, message: "nö", details: ["nö"] });
  });

  needs(PEER_PERMISSIONS, `grpc-go to grpc-go, ${kind}: deadline and cancellation`, async () => {
    await using server = await startPeer("grpcgo_server");
    const call = (...args: string[]) => grpcGo("-addr", server.address, "-kind", kind, "-text", "hang", ...args);
    assertEquals((await call("-timeout", "200")).status.code, 4);
    assertEquals((await call("-cancel-after", "0")).status.code, 1);
    await server.line("CANCELLED");
  });
}

needs(PEER_PERMISSIONS, "grpc-go to grpc-go: cancel after two replies, health", async () => {
  await using server = await startPeer("grpcgo_server");
  const cancelled = await grpcGo("-addr", server.address, "-kind", "bidi", "-messages", "9", "-cancel-after", "2");
  assertEquals([cancelled.replies.length, cancelled.status.code], [2, 1]);
  const health = await grpcGo("-addr", server.address, "-kind", "health", "-text", "");
  assertEquals(health.replies[0]!.text, "SERVING");
});
