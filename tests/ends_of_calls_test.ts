import { assert, assertEquals, assertMatch, assertRejects, assertStringIncludes } from "@std/assert";
import { BizError, type CallOptions, errorDetail, RpcError, Status } from "../mod.ts";
import { HIDDEN_TEXT } from "./kinds.ts";
import { Msg } from "./proto/kinds.ts";
import { each, from, within } from "./each_transport.ts";
import { until } from "./observe.ts";

each("return() gives the call up at once, while a next() waits for a reply", async ({ client, seen }) => {
  const replies = client.serverStream({ text: "hang", count: 1 })[Symbol.asyncIterator]();
  assertEquals((await replies.next()).value?.count, 0);
  const waiting = replies.next();
  assertEquals(await within(2000, replies.return!()), { done: true, value: undefined });
  assertEquals(await within(2000, waiting), { done: true, value: undefined });
  assertEquals((await within(2000, seen[0]!.aborted) as RpcError).code, Status.CANCELLED);
  assertEquals((await replies.next()).done, true);
});

each("return() before the first next() makes no call", async ({ client, seen }) => {
  const replies = client.serverStream({ count: 1 })[Symbol.asyncIterator]();
  await replies.return!();
  assertEquals((await replies.next()).done, true);
  await client.unary({});
  assertEquals(seen.map(({ method }) => method), ["Unary"]);
});

each("a closed client cancels in-flight calls after drainTimeout", async ({ connect, seen }) => {
  const client = connect({ drainTimeout: 50 });
  const call = assertRejects(() => client.unary({ text: "hang" }), RpcError);
  const idle = client.serverStream({ text: "hang" })[Symbol.asyncIterator]();
  const next = assertRejects(() => idle.next(), RpcError);
  await until(() => seen.length === 2, "both calls have arrived");
  await within(2000, client[Symbol.asyncDispose]());
  for (const error of [await call, await next]) assertEquals(error.code, Status.CANCELLED);
  await within(2000, Promise.all(seen.map(({ aborted }) => aborted)));
});

each("a header over the sender's limit ends the call with RESOURCE_EXHAUSTED", async ({ client }) => {
  const error = await assertRejects(() => client.unary({ text: "long" }), RpcError);
  assertEquals(error.code, Status.RESOURCE_EXHAUSTED);
  assertStringIncludes(error.rawMessage, "the header has");
  const failed = await assertRejects(() => client.unary({ text: "long, then fail" }), RpcError);
  // The transport decides which of the two is reported first. In both cases the call must end.
  assert([Status.RESOURCE_EXHAUSTED, Status.NOT_FOUND].includes(failed.code), failed.message);
  assertEquals((await client.unary({ text: "still here" })).text, "still here");
}, {
  limits: { metadataBytes: 500 },
  handlers: {
    unary(req, ctx) {
      if (req.text.startsWith("long")) ctx.header.set("x-long", "x".repeat(500));
      if (req.text.endsWith("fail")) throw new RpcError(Status.NOT_FOUND, "no such thing");
      return req;
    },
  },
});

each(
  "a header is sent with the status at the latest, also for a stream without messages, for any end of the call",
  async ({ client }) => {
    for (const text of ["", "fail:5:no such thing"]) {
      for (const kind of ["serverStream", "bidi"] as const) {
        const seen: (string | undefined)[] = [];
        const options: CallOptions = {
          metadata: { "x-echo": "h", "x-trail": "t" },
          onHeader: (header) => seen.push(header.get("x-echo")),
          onTrailer: (trailer) => seen.push(trailer.get("x-trail")),
        };
        const replies = kind === "bidi"
          ? client.bidi(text ? from({ text }) : from(), options)
          : client.serverStream({ text }, options);
        const end = replies[Symbol.asyncIterator]().next();
        if (text) await assertRejects(() => end, RpcError);
        else assertEquals((await end).done, true);
        assertEquals(seen, ["h", "t"], `${kind} ${text}`);
      }
    }
  },
);

each("a status text that is too long is cut, and its code, details and trailer stay", async ({ client }) => {
  for (const text of ["x".repeat(20_000), "北京 ".repeat(7000), "%".repeat(20_000)]) {
    const error = await assertRejects(() => client.unary({ text }), RpcError);
    assertEquals(error.code, Status.FAILED_PRECONDITION);
    assert(error.rawMessage.endsWith("...") && text.startsWith(error.rawMessage.slice(0, -3)));
    assert(error.rawMessage.length > 300, `${error.rawMessage.length} characters`);
    assertEquals([error.findDetails(Msg), error.metadata.get("x-trail")], [[{
      text: "why",
      count: 0,
      data: new Uint8Array(0),
    }], "t"]);
    const biz = await assertRejects(() => client.unary({ text: `biz:${text}` }), BizError);
    assertEquals([biz.code, biz.extra["from"]], [7, "test"]);
    assert(biz.message.endsWith("..."));
  }
}, {
  handlers: {
    unary({ text }, { trailer }) {
      if (text.startsWith("biz:")) throw new BizError(7, text.slice(4), { from: "test" });
      trailer.set("x-trail", "t");
      throw new RpcError(Status.FAILED_PRECONDITION, text, { details: [errorDetail(Msg, { text: "why" })] });
    },
  },
});

each("a trailer that is too large does not hide the code and the text of an error", async ({ client }) => {
  const error = await assertRejects(() => client.unary({}), RpcError);
  assertEquals(error.code, Status.NOT_FOUND);
  assertMatch(error.rawMessage, /^no such thing \(the trailer has 110 fields, over the limit of 100/);
}, {
  handlers: {
    unary(_, { trailer }) {
      for (const [key, value] of Object.entries(MANY)) trailer.set(key, value);
      throw new RpcError(Status.NOT_FOUND, "no such thing");
    },
  },
});

// More than the default limit of 100, and less than the 128 at which node:http2 itself gives up.
const MANY = Object.fromEntries(Array.from({ length: 110 }, (_, i) => [`x-${i}`, "x"]));

each("a request's fields over the server's limit are RESOURCE_EXHAUSTED", async ({ connect, seen }) => {
  await using client = connect({ limits: { metadataEntries: 1000, metadataBytes: 100_000 } });
  const error = await assertRejects(() => client.unary({}, { metadata: MANY }), RpcError);
  assertEquals(error.code, Status.RESOURCE_EXHAUSTED);
  assertStringIncludes(error.rawMessage, "limits.metadataEntries");
  assertEquals(seen.length, 0);
  await client.unary({});
});

each("a reply's fields over the client's limit are RESOURCE_EXHAUSTED", async ({ client }) => {
  for (const text of ["header", "trailer"]) {
    const error = await assertRejects(() => client.unary({ text }), RpcError);
    assertEquals(error.code, Status.RESOURCE_EXHAUSTED);
    assertStringIncludes(error.rawMessage, `${text} has 110 fields, over the limit of 100`);
  }
  await client.unary({});
}, {
  limits: { metadataEntries: 1000, metadataBytes: 100_000 },
  handlers: {
    unary(req, ctx) {
      const fields = { header: ctx.header, trailer: ctx.trailer }[req.text];
      for (const [key, value] of Object.entries(MANY)) fields?.set(key, value);
      return req;
    },
  },
});

each("an error with details that can't be encoded is INTERNAL, and the log explains it", async ({ client, log }) => {
  const error = await assertRejects(() => client.unary({}), RpcError);
  assertEquals(error.code, Status.INTERNAL);
  assertMatch(error.rawMessage, HIDDEN_TEXT);
  assertStringIncludes(log.join(), "handler failed");
}, {
  handlers: {
    unary() {
      throw new RpcError(Status.NOT_FOUND, "no such thing", { details: [{ type: "a.B", value: "text" as never }] });
    },
  },
});

each("requests whose return() throws do not change how the call ends", async ({ client }) => {
  let returned = false;
  const requests: AsyncIterable<{ text: string }> = {
    [Symbol.asyncIterator]: () => ({
      next: () => Promise.resolve({ done: false, value: { text: "fail:5:no such thing" } }),
      return() {
        returned = true;
        throw new Error("not now");
      },
    }),
  };
  const error = await assertRejects(() => client.clientStream(requests), RpcError);
  assertEquals([error.code, error.rawMessage], [Status.NOT_FOUND, "no such thing"]);
  assert(returned);
});

each(
  "a reply that can't be sent ends the call at once, though the handler's iterable never closes",
  async ({ client, log }) => {
    const replies = client.serverStream({})[Symbol.asyncIterator]();
    const error = await assertRejects(() => within(2000, replies.next()), RpcError);
    assertEquals(error.code, Status.INTERNAL);
    assertStringIncludes(log.join(), "handler failed");
  },
  {
    handlers: {
      serverStream: () => ({
        [Symbol.asyncIterator]: () => ({
          next: () => Promise.resolve({ done: false, value: { text: 5 as never } }),
          return: () => new Promise(() => {}),
        }),
      }),
    },
    drainTimeout: 50,
  },
);
