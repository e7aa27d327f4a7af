import { assert, assertEquals, assertObjectMatch, assertRejects } from "@std/assert";
import { createClient, createServer, type Logger, type Metadata, RpcError, type Server, Status } from "../../mod.ts";
import { kindsHandlers, type Seen } from "../kinds.ts";
import { Kinds, Msg } from "../proto/kinds.ts";
import { FOREIGN_PEERS, type KindsCall } from "./peer.ts";
import { onEachTransport, STRICT } from "./transports.ts";
import { type SocketTransport, transportOf } from "../transport_of.ts";

const quiet: Logger = { debug() {}, info() {}, warn() {}, error() {} };
const KINDS = ["unary", "client", "server", "bidi"] as const;
const compressionOf = (gzip: boolean) => gzip ? "gzip" : "identity";

async function startKinds(transport: SocketTransport, gzip = false, seen: Seen[] = []): Promise<Server> {
  const compression = compressionOf(gzip);
  const server = createServer({
    name: "kinds",
    address: "127.0.0.1:0",
    logger: quiet,
    transport: transportOf(transport),
    compression,
  });
  server.add(Kinds, kindsHandlers(seen));
  await server.start();
  return server;
}

const connect = (address: string, transport: SocketTransport, gzip = false) =>
  createClient(Kinds, { address, transport: transportOf(transport), logger: quiet, compression: compressionOf(gzip) });
type KindsClient = ReturnType<typeof connect>;

async function* from<T>(...values: T[]): AsyncGenerator<T> {
  yield* values;
}

/** One call of a kind that sends one message: all replies. */
async function call(client: KindsClient, kind: KindsCall["kind"], text: string, options = {}): Promise<Msg[]> {
  const request = { text, count: 3, data: new Uint8Array(2000) };
  if (kind === "unary") return [await client.unary(request, options)];
  if (kind === "client") return [await client.clientStream(from(request), options)];
  return await Array.fromAsync(
    kind === "server" ? client.serverStream(request, options) : client.bidi(from(request), options),
  );
}

for (const peer of FOREIGN_PEERS) {
  for (const gzip of [false, true]) {
    const suffix = gzip ? " with gzip" : "";
    onEachTransport(`server: ${peer.name} makes all four kinds of call${suffix}`, async (transport) => {
      const seen: Seen[] = [];
      await using server = await startKinds(transport, gzip, seen);
      const run = async (kind: KindsCall["kind"], messages: number) => {
        const outcome = await peer.call(server.address, { kind, messages, size: 2000, gzip });
        assertEquals(outcome.status, { code: 0, message: outcome.status.message, details: [] });
        return outcome.replies;
      };
      assertEquals(await run("unary", 1), [{ text: "hello", count: 1, bytes: 2000 }]);
      if (STRICT.includes(transport)) assertEquals(seen[0]!.requestCompression, compressionOf(gzip));
      assertEquals(await run("client", 3), [{ text: "hello,hello,hello", count: 3, bytes: 0 }]);
      assertEquals((await run("server", 50)).map(({ count }) => count), Array.from({ length: 50 }, (_, i) => i));
      assertEquals(await run("bidi", 3), Array(3).fill({ text: "hello", count: 3, bytes: 2000 }));
    });

    onEachTransport(`client: all four kinds of call to ${peer.name}${suffix}`, async (transport) => {
      await using server = await peer.serve({ gzip });
      await using client = connect(server.address, transport, gzip);
      const message = { text: "hallo, 世界", count: 3, data: new Uint8Array(2000).fill(7) };
      assertEquals(await client.unary(message), message);
      assertEquals((await client.clientStream(from({ text: "a" }, { text: "b" }))).text, "a,b");
      const replies = await Array.fromAsync(client.serverStream({ text: "x", count: 50 }));
      assertEquals(replies.map(({ count }) => count), Array.from({ length: 50 }, (_, i) => i));
      assertEquals(await Array.fromAsync(client.bidi(from(message, message))), [message, message]);
    });
  }

  onEachTransport(`server: ${peer.name} gets metadata back in all kinds of call, bytes too`, async (transport) => {
    await using server = await startKinds(transport);
    const metadata = { "x-echo": "there", "x-echo-bin": "AAH/", "x-trail": "end" };
    for (const kind of KINDS) {
      const { header, trailer } = await peer.call(server.address, { kind, metadata });
      assertObjectMatch(header, { "x-echo": ["there"], "x-echo-bin": ["AAH/"] });
      assertObjectMatch(trailer, { "x-trail": ["end"] });
    }
  });

  onEachTransport(`client: metadata comes back from ${peer.name}, bytes too`, async (transport) => {
    await using server = await peer.serve();
    await using client = connect(server.address, transport);
    const bytes = new Uint8Array([0, 1, 255]);
    for (const kind of KINDS) {
      let header: Metadata | undefined;
      let trailer: Metadata | undefined;
      await call(client, kind, "hello", {
        metadata: { "x-echo": "there", "x-echo-bin": bytes, "x-trail": "end" },
        onHeader: (fields: Metadata) => header = fields,
        onTrailer: (fields: Metadata) => trailer = fields,
      });
      const got = [header?.get("x-echo"), header?.get("x-echo-bin"), trailer?.get("x-trail")];
      assertEquals(got, ["there", bytes, "end"], kind);
    }
  });

  onEachTransport(`server: ${peer.name} reads statuses with details`, async (transport) => {
    await using server = await startKinds(transport);
    for (const kind of KINDS) {
      const { status } = await peer.call(server.address, { kind, text: "fail:5:no such thing: ä 😈" });
      const message = "no such thing: ä 😈";
      assertEquals(status, { code: Status.NOT_FOUND, message, details: [message] }, kind);
    }
  });

  onEachTransport(`client: statuses with details come from ${peer.name}`, async (transport) => {
    await using server = await peer.serve();
    await using client = connect(server.address, transport);
    for (const kind of KINDS) {
      const error = await assertRejects(() => call(client, kind, "fail:5:no such thing: ä 😈"), RpcError);
      assertEquals([error.code, error.rawMessage], [Status.NOT_FOUND, "no such thing: ä 😈"], kind);
      assertEquals(error.findDetails(Msg).map(({ text }: Msg) => text), ["no such thing: ä 😈"]);
    }
  });

  onEachTransport(`server: the deadline and the cancel of ${peer.name} reach the handler`, async (transport) => {
    for (const kind of KINDS) {
      const seen: Seen[] = [];
      await using server = await startKinds(transport, false, seen);
      const late = await peer.call(server.address, { kind, text: "hang", timeout: 1000 });
      assertEquals(late.status.code, Status.DEADLINE_EXCEEDED, kind);
      const cancelled = await peer.call(server.address, { kind, text: "hang", cancelAfter: 0 });
      assertEquals(cancelled.status.code, Status.CANCELLED, kind);
      assert(seen[0]!.deadline !== undefined);
      assertEquals(seen.length, 2);
      for (const one of seen) assert(await one.aborted instanceof RpcError);
    }
  });

  onEachTransport(`client: a deadline and a cancel reach ${peer.name}`, async (transport) => {
    for (const kind of KINDS) {
      for (const code of [Status.DEADLINE_EXCEEDED, Status.CANCELLED]) {
        await using server = await peer.serve();
        await using client = connect(server.address, transport);
        await call(client, kind, "hello"); // connected, so that the time limit is the call's alone
        const controller = new AbortController();
        const options = code === Status.CANCELLED
          // The header comes first of all; the message that the handler hangs on is on its way.
          ? { signal: controller.signal, onHeader: () => setTimeout(() => controller.abort(), 100) }
          : { timeout: 300 };
        const error = await assertRejects(() => call(client, kind, "hang", options), RpcError);
        assertEquals(error.code, code, kind);
        await server.line("CANCELLED");
      }
    }
  });
}
