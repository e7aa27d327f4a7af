import { assertEquals, assertRejects } from "@std/assert";
import { createClient, createServer, memoryTransport, type Transport } from "../mod.ts";
import { kindsHandlers } from "./kinds.ts";
import { recordingLogger } from "./observe.ts";
import { Kinds } from "./proto/kinds.ts";

/** A transport that records the compression options that it receives, and reports gzip for each request. */
function noting(transport: Transport, notes: unknown[]): Transport {
  const note = (call: object) => {
    const inner = call as { send(message: Uint8Array, compression?: undefined, last?: boolean): unknown };
    return new Proxy(inner, {
      get(target, key) {
        if (key === "requestCompression") return "gzip";
        if (key === "send") {
          return (message: Uint8Array, compression: unknown, last?: boolean) => (
            notes.push(compression), target.send(message, undefined, last)
          );
        }
        const value = Reflect.get(target, key);
        return typeof value === "function" ? value.bind(target) : value;
      },
    }) as never;
  };
  return {
    ...transport,
    listen: (options) => transport.listen({ ...options, onCall: (call) => options.onCall(note(call)) }),
    connect: async (options) => {
      const connection = await transport.connect(options);
      const { peer, closed } = connection;
      return {
        peer,
        closed,
        start: (start) => (notes.push(start.compression), note(connection.start(start))),
        close: (force) => connection.close(force),
      };
    },
  };
}

Deno.test("compression is chosen by call and by message, on both sides", async () => {
  const notes: unknown[] = [];
  const transport = noting(memoryTransport(), notes);
  await using server = createServer({ name: "kinds", address: "memory:kinds", transport, logger: recordingLogger() });
  const handlers = kindsHandlers();
  server.add(Kinds, {
    ...handlers,
    unary: (req, ctx) => {
      ctx.compression = "identity";
      return { text: `${req.text} came as ${ctx.requestCompression}` };
    },
    async *bidi(reqs, ctx) {
      for await (const req of reqs) {
        ctx.compression = req.text === "squeeze" ? "gzip" : undefined;
        yield req;
      }
    },
  });
  await server.start();
  await using client = createClient(Kinds, { address: "memory:kinds", transport, logger: recordingLogger() });
  assertEquals((await client.unary({ text: "it" }, { compression: "gzip" })).text, "it came as gzip");
  assertEquals(notes.splice(0), ["gzip", "gzip", "identity"]);
  let replied = Promise.withResolvers<void>();
  async function* requests() {
    for (const text of ["squeeze", "leave"]) {
      yield { text };
      await replied.promise;
      replied = Promise.withResolvers();
    }
  }
  const compression = (request: unknown) => (request as { text: string }).text === "leave" ? "gzip" : "identity";
  for await (const _ of client.bidi(requests(), { compression })) replied.resolve();
  assertEquals(notes.splice(0), ["gzip", "identity", "gzip", "gzip", undefined]);
  const error = await assertRejects(() => client.unary({}, { compression: "br" as "gzip" }), TypeError);
  assertEquals(error.message, '/dinokit.test.Kinds/Unary: compression is "br"; use "identity", "gzip" or "deflate"');
  assertEquals(notes, []);
});
