import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import {
  type Client,
  type ClientOptions,
  createClient,
  createServer,
  type Logger,
  type Metadata,
  RpcError,
  type Server,
  type ServerContext,
  Status,
  withMetainfo,
} from "../../mod.ts";
import { EchoService } from "../../proto/echo.ts";
import { kindsHandlers } from "../kinds.ts";
import { needs } from "../needs.ts";
import { Kinds } from "../proto/kinds.ts";
import { PEER_PERMISSIONS, startPeer } from "./peers.ts";
import { runClient } from "./run_client.ts";

const logger: Logger = { debug() {}, info() {}, warn() {}, error() {} };
const LONG = "x".repeat(20_000);

/** How a call is to end: of `peer.Ending` in Go, and of the server here. */
interface Ending {
  header?: Record<string, string[]>;
  trailer?: Record<string, string[]>;
  code?: number;
  text?: string;
  plain?: boolean;
}

const end = (ending: Ending) => `end:${JSON.stringify(ending)}`;

/** A server that ends its calls as they say, or forwards them. */
async function startDinokit(seen: ServerContext[] = []): Promise<Server> {
  const server = createServer({ name: "echoservice", address: "127.0.0.1:0", logger });
  server.add(EchoService, {
    async echo({ mes }, context) {
      seen.push(context);
      const [verb, rest] = [mes.slice(0, mes.indexOf(":")), mes.slice(mes.indexOf(":") + 1)];
      if (verb === "forward") {
        const [address, ...text] = rest.split(" ");
        await using next = createClient(EchoService, { address: address!, logger });
        return await next.echo({ mes: text.join(" ") });
      }
      if (verb !== "end") return { resp: mes };
      const { header = {}, trailer = {}, code = 0, text = "" }: Ending = JSON.parse(rest);
      for (const [key, [value]] of Object.entries(header)) context.header.set(key, value!);
      for (const [key, [value]] of Object.entries(trailer)) context.trailer.set(key, value!);
      if (code) throw new RpcError(code as Status, text);
      return { resp: text };
    },
  });
  await server.start();
  return server;
}

const clientOf = (address: string, more: Partial<ClientOptions> = {}): Client<typeof EchoService> =>
  createClient(EchoService, { address, logger, ...more });

/** What the header and the trailer of a call brought, and how it failed. */
async function call(echo: Client<typeof EchoService>, ending: Ending) {
  const seen: Record<string, unknown>[] = [];
  const note = (metadata: Metadata) => void seen.push({ ...metadata.toJSON() });
  const failure = await echo.echo({ mes: end(ending) }, { onHeader: note, onTrailer: note }).catch((error) => error);
  return { seen, failure };
}

needs(PEER_PERMISSIONS, "blanks around a Kitex client's metadata and metainfo are no part of them", async () => {
  const seen: ServerContext[] = [];
  await using server = await startDinokit(seen);
  const [outcome] = await runClient(
    "kitex_client",
    ...["-addr", server.address, "-persistent", "NAME=bob ", "-transient", "ONCE=\tx", "-metadata", "x-name= b b "],
  );
  assertEquals(outcome.error, null);
  const { metadata, metainfo: { persistent, transient } } = seen[0]!;
  assertEquals([persistent.get("NAME"), transient.get("ONCE"), metadata.get("x-name")], ["bob", "x", "b b"]);
});

needs(
  PEER_PERMISSIONS,
  "a Kitex server's header, trailer and error text arrive without blanks around them",
  async () => {
    await using peer = await startPeer("kitex_server");
    await using echo = clientOf(peer.address);
    const fields = { header: { "x-h": [" h\t"] }, trailer: { "x-t": ["t "] } };
    const fine = await call(echo, { ...fields, text: "fine" });
    assertEquals([fine.seen[0]!["x-h"], fine.seen[1]!["x-t"]], ["h", "t"]);
    // The text of an error without one is " [biz error]" on the wire.
    const { failure, seen } = await call(echo, { ...fields, plain: true });
    assert(failure instanceof RpcError);
    assertEquals([failure.code, failure.rawMessage], [Status.INTERNAL, "[biz error]"]);
    assertEquals([seen[0]!["x-h"], seen[1]!["x-t"]], ["h", "t"]);
  },
);

needs(PEER_PERMISSIONS, "metadata that is not ASCII travels as UTF-8, both ways with Kitex", async () => {
  const fields = { header: { "x-city": ["北京"] }, trailer: { "x-city": ["Zürich 😀"] } };
  const expected = ["北京", "Zürich 😀"];
  await using peer = await startPeer("kitex_server");
  await using toKitex = clientOf(peer.address);
  assertEquals((await call(toKitex, fields)).seen.map((one) => one["x-city"]), expected);
  const { resp } = await toKitex.echo({ mes: "meta" }, { metadata: { "x-city": "北京" } });
  assertEquals(JSON.parse(resp).metadata["x-city"], ["北京"]);
  const seen: ServerContext[] = [];
  await using server = await startDinokit(seen);
  const flags = ["-addr", server.address, "-message", end(fields), "-metadata", "x-city=北京"];
  const [{ header, trailer }] = await runClient("kitex_client", ...flags);
  assertEquals([header["x-city"], trailer["x-city"], seen[0]!.metadata.get("x-city")], [
    [expected[0]],
    [expected[1]],
    "北京",
  ]);
});

needs(PEER_PERMISSIONS, "control characters in a Kitex client's metadata cost their call, and no other", async () => {
  await using server = await startDinokit();
  const [bad] = await runClient("kitex_client", "-addr", server.address, "-metadata", "x-bad=a\x1bb");
  assert(bad.error !== null);
  // Kitex itself drops such metainfo.
  const [good] = await runClient("kitex_client", "-addr", server.address, "-persistent", "BAD=a\nb");
  assertEquals([good.resp, good.error], ["hello, world", null]);
});

needs(PEER_PERMISSIONS, "metainfo whose key ends in _BIN is any text, both ways with Kitex", async () => {
  const seen: ServerContext[] = [];
  await using server = await startDinokit(seen);
  await using peer = await startPeer("kitex_server");
  const value = " a\t北京 "; // Kitex itself drops control characters where it sends, and takes them
  const flags = ["-addr", server.address, "-persistent", `TOKEN_BIN=${value}`, "-transient", `BIN=${value}`];
  const [{ error }] = await runClient("kitex_client", ...flags);
  const { persistent, transient } = seen[0]!.metainfo;
  assertEquals([error, persistent.get("TOKEN_BIN"), transient.get("BIN")], [null, value, value]);
  await using toKitex = clientOf(peer.address);
  const any = "a\r\n\x01 北京 ";
  const metainfo = { persistent: { TOKEN_BIN: any }, transient: { "once-bin": value } };
  const got = JSON.parse((await toKitex.echo({ mes: "meta" }, { metainfo })).resp);
  assertEquals([got.persistent, got.transient], [{ TOKEN_BIN: any }, { ONCE_BIN: value }]);
  // Bytes that are no UTF-8 go through both kinds of hop.
  seen.length = 0;
  await using first = clientOf(server.address);
  const bytes = "a\udc80\udcff";
  await withMetainfo(
    { persistent: { RAW_BIN: bytes } },
    () => first.echo({ mes: `forward:${peer.address} forward:${server.address} done` }),
  );
  assertEquals(seen.map(({ metainfo }) => metainfo.persistent.get("RAW_BIN")), [bytes, bytes]);
});

needs(
  PEER_PERMISSIONS,
  "a trace propagates from Kitex over a Dinokit hop to Kitex, which learns the caller's name",
  async () => {
    await using server = await startDinokit();
    await using peer = await startPeer("kitex_server");
    const trace = {
      TRACEPARENT: "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
      TRACESTATE: "a=b",
      BAGGAGE: "c=d",
    };
    const [{ resp }] = await runClient(
      "kitex_client",
      ...["-addr", server.address, "-message", `forward:${peer.address} meta`, "-transient", "ONCE=1"],
      ...Object.entries(trace).flatMap(([key, value]) => ["-transient", `${key}=${value}`]),
    );
    const { transient, metadata, from } = JSON.parse(resp);
    assertEquals(transient, trace);
    assertEquals([metadata["source-service"], metadata["source-method"]], [["echoservice"], ["Echo"]]);
    assertEquals(from, ["echoservice", "Echo"]);
    // Where a chain starts, a Kitex client sends both fields empty, too.
    const atStart = (text: string) => {
      const { metadata, from } = JSON.parse(text);
      return [metadata["source-service"], metadata["source-method"], from];
    };
    await using toKitex = clientOf(peer.address);
    const [kitex] = await runClient("kitex_client", "-addr", peer.address, "-message", "meta");
    assertEquals(atStart((await toKitex.echo({ mes: "meta" })).resp), atStart(kitex.resp));
    const named = await toKitex.echo({ mes: "meta" }, { metadata: { "source-service": "cron" } });
    assertEquals(JSON.parse(named.resp).from, ["cron", ""]);
  },
);

needs(PEER_PERMISSIONS, "a status text of 20 KB keeps its code, both ways with Kitex", async () => {
  await using peer = await startPeer("kitex_server");
  for (const [metadataBytes, length] of [[8192, 8195], [32_768, 20_000 + " [biz error]".length]] as const) {
    await using echo = clientOf(peer.address, { limits: { metadataBytes } });
    for (const ending of [{ code: Status.FAILED_PRECONDITION }, { plain: true }]) {
      const { failure } = await call(echo, { ...ending, text: LONG });
      assertEquals(failure.code, ending.code ?? Status.INTERNAL);
      assertMatch(failure.rawMessage, /^x{8192}/);
      assert(Math.abs(failure.rawMessage.length - length) <= 12, `${failure.rawMessage.length} characters`);
    }
  }
  await using server = await startDinokit();
  const [{ error }] = await runClient(
    "kitex_client",
    ...["-addr", server.address, "-message", end({ code: Status.FAILED_PRECONDITION, text: LONG })],
  );
  assertEquals(error!.code, Status.FAILED_PRECONDITION);
  assertMatch(error!.message, /x{8000}\.\.\./);
});

needs(
  PEER_PERMISSIONS,
  "fields that grpc-go sends and takes: blanks, UTF-8, and text of an error that ends in one",
  async () => {
    await using peer = await startPeer("grpcgo_server");
    await using client = createClient(Kinds, { address: peer.address, logger });
    let trailer: Metadata | undefined;
    const onTrailer = (got: Metadata) => void (trailer = got);
    await client.unary({ text: "hello" }, { metadata: { "x-trail": "北京" }, onTrailer });
    assertEquals(trailer!.get("x-trail"), "北京");
    const text = end({ header: { "x-h": [" h "] }, trailer: { "x-t": ["\tt "] }, code: 5, text: " no: " });
    let header: Metadata | undefined;
    const error = await assertRejects(
      () => client.unary({ text }, { onHeader: (got) => header = got, onTrailer }),
      RpcError,
    );
    assertEquals([error.code, error.rawMessage], [Status.NOT_FOUND, "no:"]);
    assertEquals([header!.get("x-h"), trailer!.get("x-t")], ["h", "t"]);
    const long = await assertRejects(() => client.unary({ text: `fail:9:${LONG}` }), RpcError);
    // The text stands in the details once more: both are more than the limit.
    assertEquals(long.code, Status.FAILED_PRECONDITION);
    assertMatch(long.rawMessage, /^x{8000}/);

    const seen: ServerContext[] = [];
    await using server = createServer({ name: "kinds", address: "127.0.0.1:0", logger });
    const handlers = kindsHandlers();
    server.add(Kinds, { ...handlers, unary: (req, context) => (seen.push(context), handlers.unary(req, context)) });
    await server.start();
    const run = (...flags: string[]) => runClient("grpcgo_client", "-addr", server.address, ...flags);
    await run("-metadata", "x-name= bob ");
    assertEquals(seen[0]!.metadata.get("x-name"), "bob");
    // A stream without a message brings its header all the same.
    for (const kind of ["server", "bidi"]) {
      const [{ header, status }] = await run("-kind", kind, "-messages", "0", "-metadata", "x-echo=h");
      assertEquals([status.code, header["x-echo"]], [0, ["h"]], kind);
    }
    const [{ status }] = await run("-text", `fail:9:${LONG}`);
    assertEquals(status.code, Status.FAILED_PRECONDITION);
    assertMatch(status.message, /^x{2000,}\.\.\.$/);
  },
);

needs(
  PEER_PERMISSIONS,
  "a deadline that a grpc-go server finds first is DEADLINE_EXCEEDED, each of 400 times",
  async () => {
    await using peer = await startPeer("grpcgo_server");
    await using client = createClient(Kinds, { address: peer.address, logger });
    await client.unary({});
    const codes = new Map<Status, number>();
    for (let i = 0; i < 8; i++) {
      await Promise.all(Array.from({ length: 50 }, async (_, k) => {
        const error = await assertRejects(() => client.unary({ text: "hang" }, { timeout: 20 + k % 5 }), RpcError);
        codes.set(error.code, (codes.get(error.code) ?? 0) + 1);
      }));
    }
    assertEquals([...codes], [[Status.DEADLINE_EXCEEDED, 400]]);
  },
);
