import { assert, assertEquals, assertMatch, assertRejects, assertStringIncludes } from "@std/assert";
import { BizError, type Metadata, RpcError, Status, withMetainfo } from "../mod.ts";
import { each, from, type KindsClient, within } from "./each_transport.ts";
import { HIDDEN_TEXT } from "./kinds.ts";
import { Msg } from "./proto/kinds.ts";

async function collect<T>(values: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const value of values) all.push(value);
  return all;
}

each("a unary call gets its reply", async ({ client }) => {
  const request = { text: "hello, 世界", count: -7, data: new Uint8Array([0, 1, 255]) };
  assertEquals(await client.unary(request), request);
});

each("a client stream gets one reply", async ({ client }) => {
  const reply = await client.clientStream(from({ text: "a" }, { text: "b" }, { text: "c" }));
  assertEquals(reply, { text: "a,b,c", count: 3, data: new Uint8Array() });
});

each("an empty client stream gets its reply", async ({ client }) => {
  assertEquals((await client.clientStream(from())).count, 0);
});

each("a server stream gets all replies in order", async ({ client }) => {
  const replies = await collect(client.serverStream({ text: "x", count: 200 }));
  assertEquals(replies.map((one) => one.count), Array.from({ length: 200 }, (_, i) => i));
});

each("a bidi stream answers each request before the next is sent", async ({ client }) => {
  const answered: string[] = [];
  let next = Promise.withResolvers<void>();
  async function* requests() {
    for (const text of ["1", "2", "3"]) {
      yield { text };
      await next.promise;
      next = Promise.withResolvers();
    }
  }
  for await (const { text } of client.bidi(requests())) {
    answered.push(text);
    next.resolve();
  }
  assertEquals(answered, ["1", "2", "3"]);
});

each("metadata travels both ways, bytes too", async ({ client }) => {
  let header: Metadata | undefined;
  let trailer: Metadata | undefined;
  await client.unary({}, {
    metadata: { "x-echo": "there and back", "x-echo-bin": new Uint8Array([0, 128, 255]), "x-trail": "the end" },
    onHeader: (value) => header = value,
    onTrailer: (value) => trailer = value,
  });
  assertEquals(header?.get("x-echo"), "there and back");
  assertEquals(header?.get("x-echo-bin"), new Uint8Array([0, 128, 255]));
  assertEquals(trailer?.get("x-trail"), "the end");
});

each("metainfo travels forward and back, in any script", async ({ client }) => {
  let backward: ReadonlyMap<string, string> | undefined;
  await withMetainfo(
    { persistent: { BACK: "天气 fine" } },
    () => client.unary({}, { onBackward: (values) => backward = values }),
  );
  assertEquals(backward && [...backward], [["BACK", "天气 fine"]]);
});

for (const kind of ["unary", "clientStream", "serverStream", "bidi"] as const) {
  const run = (client: KindsClient, text: string, options = {}) => {
    if (kind === "unary") return client.unary({ text }, options);
    if (kind === "clientStream") return client.clientStream(from({ text }), options);
    if (kind === "serverStream") return collect(client.serverStream({ text }, options));
    return collect(client.bidi(from({ text }), options));
  };

  each(`${kind}: an RpcError arrives with code, text and details`, async ({ client }) => {
    const error = await assertRejects(() => run(client, "fail:5:no such thing: ä\n%"), RpcError);
    assertEquals(error.code, Status.NOT_FOUND);
    assertEquals(error.rawMessage, "no such thing: ä\n%");
    assertStringIncludes(error.message, "[NOT_FOUND] /dinokit.test.Kinds/");
    assertEquals(error.findDetails(Msg).map((one: Msg) => one.text), ["no such thing: ä\n%"]);
  });

  each(`${kind}: a BizError arrives as one`, async ({ client }) => {
    const error = await assertRejects(() => run(client, "biz:1001:not today"), BizError);
    assertEquals([error.code, error.message, { ...error.extra }], [1001, "not today", { who: "kinds", wo: "北京" }]);
  });

  each(`${kind}: the text of any other error stays on the server`, async ({ client, log }) => {
    const error = await assertRejects(() => run(client, "throw"), RpcError);
    assertEquals(error.code, Status.INTERNAL);
    assertMatch(error.rawMessage, HIDDEN_TEXT);
    assertEquals(log.length, 1);
    assertStringIncludes(log[0], "a secret");
    assertStringIncludes(log[0], "/dinokit.test.Kinds/");
  });

  each(`${kind}: a deadline ends it on both sides`, async ({ client, seen }) => {
    const error = await assertRejects(() => run(client, "hang", { timeout: 400 }), RpcError);
    assertEquals(error.code, Status.DEADLINE_EXCEEDED);
    const reason = await within(2000, seen[0]!.aborted);
    assert(reason instanceof RpcError);
  });

  each(`${kind}: a cancelled call is seen by the server`, async ({ client, seen }) => {
    const controller = new AbortController();
    const failed = assertRejects(() => run(client, "hang", { signal: controller.signal }), RpcError);
    while (seen.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    controller.abort();
    assertEquals((await failed).code, Status.CANCELLED);
    const reason = await within(2000, seen[0]!.aborted) as RpcError;
    assertEquals(reason.code, Status.CANCELLED);
  });
}

each("leaving a stream of replies gives the call up", async ({ client, seen }) => {
  async function* forever() {
    for (let count = 0;; count++) {
      yield { text: "tick", count };
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
  }
  for await (const { count } of client.bidi(forever())) if (count === 3) break;
  await within(2000, seen[0]!.aborted);
});

each("a request over the limit is RESOURCE_EXHAUSTED, and the server lives on", async ({ client }) => {
  const error = await assertRejects(() => client.unary({ data: new Uint8Array(3000) }), RpcError);
  assertEquals(error.code, Status.RESOURCE_EXHAUSTED);
  assertEquals((await client.unary({ text: "still here" })).text, "still here");
}, { limits: { receiveMessageBytes: 2000 } });

each("an error of the caller's request stream is thrown to the caller", async ({ client }) => {
  async function* broken() {
    yield { text: "a" };
    throw new RangeError("my own");
  }
  await assertRejects(() => client.clientStream(broken()), RangeError, "my own");
});

each("a wrong field is named before anything is sent", async ({ client, seen }) => {
  await assertRejects(() => client.unary({ text: 5 as unknown as string }), TypeError, "dinokit.test.Msg.text");
  assertEquals(seen.length, 0);
});

each("200 calls at the same time get their own replies", async ({ client }) => {
  const replies = await Promise.all(Array.from({ length: 200 }, (_, count) => client.unary({ count })));
  assertEquals(replies.map((one) => one.count), Array.from({ length: 200 }, (_, i) => i));
});

each("stop lets a call in flight end, then takes no more", async ({ server, client, seen }) => {
  const controller = new AbortController();
  const call = client.unary({ text: "hang" }, { signal: controller.signal });
  call.catch(() => {});
  while (seen.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
  const stopped = server.stop();
  controller.abort();
  await assertRejects(() => call, RpcError);
  await within(900, stopped);
  const error = await assertRejects(() => client.unary({}, { timeout: 1000 }), RpcError);
  assertEquals(error.code, Status.UNAVAILABLE);
});

each("a deadline 100 days away is no deadline that has passed", async ({ client }) => {
  assertEquals((await client.unary({ text: "a" }, { timeout: 100 * 24 * 3600 * 1000 })).text, "a");
});

each("an error of onHeader is thrown to the caller, and the call is cancelled", async ({ client }) => {
  const options = {
    metadata: { "x-echo": "a" },
    onHeader: () => {
      throw new RangeError("my own");
    },
  };
  await assertRejects(() => client.unary({ text: "hang" }, { ...options, timeout: 300 }), Error);
  await assertRejects(() => client.unary({}, options), RangeError, "my own");
});

each("requests that are not AsyncIterable are rejected, and nothing stays open", async ({ client, seen }) => {
  await assertRejects(() => client.clientStream([{ text: "a" }] as never), TypeError, "no AsyncIterable");
  assertEquals(seen.length, 0);
});

each("an invalid deadline is rejected", async ({ client }) => {
  await assertRejects(() => client.unary({}, { deadline: new Date("nonsense") }), RangeError, "deadline");
});
