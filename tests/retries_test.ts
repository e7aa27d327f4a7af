/**
 * Retries and hedges over each transport.
 *
 * @module
 */

import { assertEquals, assertRejects } from "@std/assert";
import { type Handlers, Metadata, RpcError, type ServerContext, Status } from "../mod.ts";
import { each, from } from "./each_transport.ts";
import { until } from "./observe.ts";
import type { Kinds } from "./proto/kinds.ts";

const MANY_REQUESTS = 60_000;

/** What the calls of a test did, by the value of their field `x-test`. */
const attempts = new Map<string, (string | undefined)[]>();
/** How many attempts of a test were cancelled while they hung. */
const cancelled = new Map<string, number>();

/** Notes an attempt; how many its call has had. */
function note(ctx: ServerContext): number {
  const test = ctx.metadata.get("x-test")!;
  const before = attempts.get(test) ?? [];
  attempts.set(test, [...before, ctx.metadata.get("grpc-previous-rpc-attempts")]);
  return before.length + 1;
}

const down = (pushback?: string) =>
  new RpcError(Status.UNAVAILABLE, "down", {
    metadata: pushback === undefined ? undefined : Metadata.unchecked([["grpc-retry-pushback-ms", pushback]]),
  });

/** Fails until the third attempt, in the way that the request says. */
const handlers: Partial<Handlers<typeof Kinds>> = {
  async unary({ text }, ctx) {
    const attempt = note(ctx);
    if (attempt === 3) return { text, count: attempt };
    if (text === "header") ctx.sendHeader();
    if (text === "hang") {
      await new Promise((resolve) => ctx.signal.addEventListener("abort", resolve));
      const test = ctx.metadata.get("x-test")!;
      cancelled.set(test, (cancelled.get(test) ?? 0) + 1);
    }
    throw down({ soon: "1", never: "-1" }[text]);
  },
  async clientStream(requests, ctx) {
    const attempt = note(ctx);
    const texts = (await Array.fromAsync(requests)).map(({ text, data }) => text || String(data.length));
    if (attempt === 3) return { text: texts.join(), count: attempt };
    throw down();
  },
  async *serverStream({ text }, ctx) {
    const attempt = note(ctx);
    if (attempt === 3 || text === "begun") yield { count: attempt };
    if (attempt < 3) throw down();
  },
};

let last = 0;
const named = (more: object = {}) => ({ metadata: { "x-test": String(++last) }, ...more });
const seen = ({ metadata }: { metadata: Record<string, string> }) => attempts.get(metadata["x-test"]!);
const failure = (call: () => Promise<unknown>) => assertRejects(call, RpcError);

each("a failed call is retried, and each attempt carries the number of earlier ones", async ({ connect }) => {
  await using client = connect({ retry: { backoff: 1 } });
  const options = named();
  assertEquals((await client.unary({}, options)).count, 3);
  assertEquals(seen(options), [undefined, "1", "2"]);
}, { handlers });

each("the server's pushback is honoured", async ({ connect }) => {
  await using client = connect({ retry: { backoff: MANY_REQUESTS, maxBackoff: MANY_REQUESTS } });
  assertEquals((await client.unary({ text: "soon" }, named())).count, 3);
  const options = named();
  assertEquals((await failure(() => client.unary({ text: "never" }, options))).code, Status.UNAVAILABLE);
  assertEquals(seen(options)!.length, 1);
}, { handlers });

each("a call is not retried once its response has begun", async ({ connect }) => {
  await using client = connect({ retry: { backoff: 1 } });
  const unary = named();
  await failure(() => client.unary({ text: "header" }, unary));
  assertEquals(seen(unary)!.length, 1);
  const stream = named();
  await failure(() => Array.fromAsync(client.serverStream({ text: "begun" }, stream)));
  assertEquals(seen(stream)!.length, 1);
  assertEquals((await Array.fromAsync(client.serverStream({}, named()))).map(({ count }) => count), [3]);
}, { handlers });

each("a stream of requests is sent again from its beginning, unless it is too long", async ({ connect }) => {
  await using client = connect({ retry: { backoff: 1 } });
  assertEquals((await client.clientStream(from({ text: "a" }, { text: "b" }), named())).text, "a,b");
  const options = named();
  const long = Array.from({ length: 5 }, () => ({ data: new Uint8Array(64 * 1024) }));
  const error = await failure(() => client.clientStream(from(...long), options));
  assertEquals(error.note, "not tried again: too much was sent to send it again");
  assertEquals(seen(options)!.length, 1);
}, { handlers });

each("an attempt that takes too long gives way to the next", async ({ connect }) => {
  await using client = connect({ retry: { backoff: 1, perTryTimeout: 300 } });
  const options = named();
  assertEquals((await client.unary({ text: "hang" }, options)).count, 3);
}, { handlers });

each("of hedges the first that answers wins, and the others are cancelled", async ({ connect }) => {
  await using client = connect({ methods: { Unary: { hedge: { delay: 20, attempts: 3 } } } });
  const options = named();
  assertEquals((await client.unary({ text: "hang" }, options)).count, 3);
  assertEquals(seen(options), [undefined, "1", "2"]);
  await until(() => cancelled.get(options.metadata["x-test"]) === 2, "the other two were cancelled");
}, { handlers });
