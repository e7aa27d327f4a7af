import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { RpcError, Status } from "../../mod.ts";
import { until } from "../observe.ts";
import { All, All_Inner, Scalars } from "../proto/all.ts";
import { Kit, testRows } from "./rows.ts";

type Text = { text: string };

async function* from<T>(...values: T[]): AsyncGenerator<T> {
  yield* values;
}

/** A bidi call of which the server takes all messages, answers each, and ends as the last one says. */
async function track(...texts: string[]): Promise<{ replies: string[]; error?: RpcError }> {
  await using kit = await Kit.start({
    async *bidi(requests) {
      for await (const { text } of requests) {
        if (text === "throw") throw new RpcError(Status.INVALID_ARGUMENT, "too little cash");
        yield { text };
      }
    },
  });
  const replies: string[] = [];
  try {
    for await (const { text } of kit.client().bidi(from(...texts.map((text) => ({ text }))))) replies.push(text);
  } catch (error) {
    return { replies, error: error as RpcError };
  }
  return { replies };
}

/** Messages go there and back, and the end comes behind the last. */
async function roundTrip(): Promise<void> {
  assertEquals(await track("a", "b"), { replies: ["a", "b"] });
}

async function ends(): Promise<void> {
  const { replies, error } = await track("a", "throw");
  assertEquals([replies, error!.code, error!.rawMessage], [["a"], Status.INVALID_ARGUMENT, "too little cash"]);
}

async function upload(): Promise<void> {
  await using kit = await Kit.start({
    async clientStream(requests) {
      let count = 0;
      for await (const _ of requests) count++;
      return { count };
    },
  });
  assertEquals((await kit.client().clientStream(from({}, {}, {}))).count, 3);
}

testRows("Streams", {
  "`func (s *Service) Track(stream OrderService_TrackServer) error`": roundTrip,
  "server: `stream.Recv()` until `io.EOF`": roundTrip,
  "server: `stream.Send(reply)`": roundTrip,
  "server: `stream.SendAndClose(reply)`": upload,
  "server: `return nil`, `return err`": ends,
  "client: `stream, err := client.Track(ctx)`": roundTrip,
  "client: `stream.Send(request)`, then `Close()`": async () => {
    await upload();
    await using kit = await Kit.start();
    const requests = new ReadableStream<Text>({ start: (one) => (one.enqueue({ text: "a" }), one.close()) });
    assertEquals((await kit.client().clientStream(requests)).text, "a");
  },
  "client: `stream.Recv()` until `io.EOF`": ends,
  "client: `stream.CloseAndRecv()`": upload,
  "client: `cancel()` of the context": async () => {
    const ended: unknown[] = [];
    await using kit = await Kit.start({
      async *serverStream(_, { signal }) {
        signal.onabort = () => ended.push((signal.reason as RpcError).code);
        for (let i = 0;; i++) {
          yield { count: i };
          await new Promise((resolve) => setTimeout(resolve, 5));
        }
      },
    });
    for await (const { count } of kit.client().serverStream({})) if (count === 3) break;
    await until(() => ended.length === 1, "the server hears of the break");
    const enough = new AbortController();
    await assertRejects(async () => {
      for await (const _ of kit.client().serverStream({}, { signal: enough.signal })) enough.abort();
    }, RpcError);
    await until(() => ended.length === 2, "the server hears of the signal");
    assertEquals(ended, [Status.CANCELLED, Status.CANCELLED]);
  },
  "client: no timeout for a stream, with `WithRPCTimeout` or without": async () => {
    const deadlines: (number | undefined)[] = [];
    await using kit = await Kit.start({
      async *serverStream(_, { deadline }) {
        yield { count: deadlines.push(deadline) };
      },
    });
    await Array.fromAsync(kit.client({ timeout: 50 }).serverStream({}));
    assertEquals(deadlines, [undefined]);
    await Array.fromAsync(kit.client({ methods: { ServerStream: { timeout: 5000 } } }).serverStream({}));
    await Array.fromAsync(kit.client().serverStream({}, { timeout: 5000 }));
    assertEquals(deadlines.slice(1).map((deadline) => typeof deadline), ["number", "number"]);
  },
}, [{ name: "net" }]);

/** What comes out of a message that went over the wire. */
const received = (fields: Parameters<typeof All.encode>[0]) => All.decode(All.encode(fields));

testRows("Messages", {
  "`string user_id = 1;`": () => assertEquals(received({ unsignedBig: 7n }).unsignedBig, 7n), // unsigned_big
  "`int64`, `uint64`, `sint64`, `fixed64`, `sfixed64`": () => {
    const { anInt64, aUint64, aSint64, aFixed64, aSfixed64 } = Scalars.decode(Scalars.encode({ anInt64: 2n ** 62n }));
    assertEquals([anInt64, aUint64, aSint64, aFixed64, aSfixed64], [2n ** 62n, 0n, 0n, 0n, 0n]);
  },
  "`int32`, `uint32`, `double`, `float` and the other numbers": () => {
    const { anInt32, aUint32, aDouble, aFloat, aSfixed32 } = Scalars.decode(Scalars.encode({ aDouble: 0.5 }));
    assertEquals([anInt32, aUint32, aDouble, aFloat, aSfixed32], [0, 0, 0.5, 0, 0]);
  },
  "`bytes`": () => assertEquals(received({ data: new Uint8Array([1]) }).data, new Uint8Array([1])),
  "`map<string, int64>`": () => {
    assertEquals(received({ counts: new Map([["book", 2n]]) }).counts, new Map([["book", 2n]]));
  },
  "`oneof pay { string card = 4; int64 cash = 5; }`": () => {
    assertEquals(received({ choice: { case: "words", value: "4711" } }).choice, { case: "words", value: "4711" });
    assertEquals(received({}).choice, undefined);
  },
  "`optional string note = 6;`": () => {
    assertEquals([received({ nickname: "" }).nickname, received({}).nickname], ["", undefined]);
  },
  "`Order parent = 7;`": () => {
    const { inner } = All_Inner.decode(All_Inner.encode({ inner: { id: 1n } }));
    assertEquals([inner?.id, inner?.inner], [1n, undefined]);
  },
  "`repeated string tags = 8;`": () => assertEquals(received({}).numbers, []),
  "a field that is not set": () => {
    const { text, big, yes, color, data } = received({});
    assertEquals([text, big, yes, color, data], ["", 0n, false, 0, new Uint8Array()]);
  },
}, []);

Deno.test("migration, Messages: JSON.stringify() takes no bigint and loses Maps, toJson() is proto3's JSON", () => {
  const order = received({ big: 5n, counts: new Map([["book", 2n]]) });
  assertStringIncludes(
    String((() => {
      try {
        return JSON.stringify(order);
      } catch (error) {
        return error;
      }
    })()),
    "BigInt",
  );
  assertEquals(JSON.stringify(new Map([["book", 2]])), "{}");
  assertEquals(All.toJson(order), { big: "5", counts: { book: "2" } });
  assertEquals(All.fromJson({ big: "5", counts: { book: "2" } }), order);
});
