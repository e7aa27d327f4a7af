import { assertEquals, assertRejects } from "@std/assert";
import { createClient, createServer, RpcError, Status } from "../mod.ts";
import { each, from } from "./each_transport.ts";
import { kindsHandlers } from "./kinds.ts";
import { needs } from "./needs.ts";
import { Kinds } from "./proto/kinds.ts";

/** More than this takes a request or a response of 10,000 letters. */
const LIMITS = { decodedMessageBytes: 5000 };
const [small, large] = ["x".repeat(1000), "x".repeat(10_000)];
const logger = { debug() {}, info() {}, warn() {}, error() {} };
const text = (bytes: number) => `this dinokit.test.Msg takes more than ${bytes} bytes of memory`;

async function refuses(call: Promise<unknown>, message: string): Promise<void> {
  const error = await assertRejects(() => call, RpcError, message);
  assertEquals(error.code, Status.RESOURCE_EXHAUSTED);
}

each(
  "a server rejects a request that takes more memory than decodedMessageBytes, of each kind of call",
  async (pair) => {
    const { client, server } = pair;
    assertEquals((await client.unary({ text: small })).text, small);
    await refuses(client.unary({ text: large }), text(5000));
    await refuses(client.clientStream(from({ text: small }, { text: large })), text(5000));
    await refuses(Array.fromAsync(client.serverStream({ text: large, count: 1 })), text(5000));
    await refuses(Array.fromAsync(client.bidi(from({ text: small }, { text: large }))), text(5000));
    assertEquals(server.limitHits.get("decodedMessageBytes"), 4);
    assertEquals(pair.log, []);
  },
  { limits: LIMITS },
);

each("a client rejects a response that takes more memory than decodedMessageBytes", async ({ connect }) => {
  await using client = connect({ limits: LIMITS });
  assertEquals((await client.unary({ text: small })).text, small);
  await refuses(client.unary({ text: large }), text(5000));
  await refuses(Array.fromAsync(client.serverStream({ text: large, count: 1 })), text(5000));
});

needs(
  [{ name: "net" }, { name: "env" }],
  "requests that handlers have count against bufferBytes until their calls end",
  async () => {
    const busy = Promise.withResolvers<void>();
    const begun = Promise.withResolvers<void>();
    await using server = createServer({
      name: "kinds",
      address: "127.0.0.1:0",
      limits: { bufferBytes: 15_000 },
      logger,
    });
    server.add(Kinds, {
      ...kindsHandlers(),
      async unary({ count, text }) {
        if (count === 1) {
          begun.resolve();
          await busy.promise;
        }
        if (count === 2) throw new RpcError(Status.ABORTED, "no");
        return { count: text.length };
      },
    });
    await server.start();
    await using client = createClient(Kinds, { address: server.address, logger });
    const first = client.unary({ count: 1, text: large });
    await begun.promise;
    await refuses(client.unary({ text: large }), "the server holds too many decoded requests (limits.bufferBytes)");
    assertEquals(server.limitHits.get("bufferBytes"), 1);
    assertEquals((await client.unary({ text: small })).count, 1000);
    busy.resolve();
    assertEquals((await first).count, 10_000);
    // In a stream it is the latest request that counts.
    const { readable, writable } = new TransformStream<{ text: string }>();
    const requests = writable.getWriter();
    let received = 0;
    requests.write({ text: large }).catch(() => {});
    for await (const { text } of client.bidi(readable)) {
      received += text.length;
      if (received < 100_000) requests.write({ text: large }).catch(() => {});
      else requests.close().catch(() => {});
    }
    assertEquals(received, 100_000);
    // A call that fails gives back what it had.
    for (let i = 0; i < 5; i++) await assertRejects(() => client.unary({ count: 2, text: large }), RpcError, "no");
    assertEquals((await client.unary({ text: large })).count, 10_000);
  },
);
