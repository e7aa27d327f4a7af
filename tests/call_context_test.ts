/**
 * What code below a handler knows of its call, for all four kinds of call and over each transport: `currentCall()`,
 * values, request ids, detached work, and the announcement of a drain.
 *
 * @module
 */

import { assert, assertEquals, assertMatch, assertRejects, assertStringIncludes } from "@std/assert";
import {
  type CallOptions,
  type ClientMiddleware,
  contextKey,
  currentCall,
  detached,
  type Handlers,
  RpcError,
  type ServerContext,
  type ServerMiddleware,
  Status,
  withMetainfo,
} from "../mod.ts";
import { each, from, type KindsClient, within } from "./each_transport.ts";
import { until } from "./observe.ts";
import type { Kinds } from "./proto/kinds.ts";

/** What the handlers do. Each test sets it. */
let act: (context: ServerContext) => unknown;

const handlers: Handlers<typeof Kinds> = {
  async unary(_, context) {
    await act(context);
    return {};
  },
  async clientStream(requests, context) {
    for await (const _ of requests) await act(context);
    return {};
  },
  async *serverStream(_, context) {
    context.sendHeader();
    await act(context);
    yield {};
  },
  async *bidi(requests, context) {
    for await (const _ of requests) {
      await act(context);
      yield {};
    }
  },
};

const CALLS: Record<string, (client: KindsClient, options?: CallOptions) => Promise<unknown>> = {
  unary: (client, options) => client.unary({}, options),
  clientStream: (client, options) => client.clientStream(from({}), options),
  serverStream: (client, options) => Array.fromAsync(client.serverStream({}, options)),
  bidi: (client, options) => Array.fromAsync(client.bidi(from({}), options)),
};

const USER = contextKey<string>("user");
const knows: ServerMiddleware = (call, next) => {
  call.context.values.set(USER, "ann");
  return next(call);
};
const MADE = /^[0-9a-f-]{36}$/;

for (const [kind, call] of Object.entries(CALLS)) {
  each(
    `${kind}: below the handler, currentCall() has the context, the values and the request id`,
    async ({ client }) => {
      const seen: unknown[] = [];
      act = async (context) => {
        await Promise.resolve();
        const current = currentCall()!;
        seen.push(current.context === context, current.context.values.get(USER), current.requestId);
      };
      await call(client, { metadata: { "x-request-id": "order-7" } });
      assertEquals([...seen, currentCall()], [true, "ann", "order-7", undefined]);
    },
    { handlers, middleware: [knows] },
  );

  each(`${kind}: all services of a chain share the request id, from any origin`, async ({ client }) => {
    for (const given of ["order-7", undefined, "two words", "x".repeat(7000)]) {
      const ids: string[] = [];
      act = async ({ metainfo }) => {
        if (ids.length < 2) {
          ids.push("");
          await (ids.length === 1 ? call(client) : withMetainfo({ persistent: { A: "1" } }, () => call(client)));
        } else assertEquals(metainfo.persistent.get("A"), "1");
        ids.push(currentCall()!.requestId);
      };
      await call(client, given === undefined ? {} : { metadata: { "x-request-id": given } });
      const [first, ...others] = ids.slice(2);
      assertEquals([others, ids.length], [[first, first], 5]);
      if (given === "order-7") assertEquals(first, given);
      else assertMatch(first!, MADE);
    }
  }, { handlers });

  each(
    `${kind}: the caller gets the request id of an error whose text is hidden, and the log has both`,
    async (pair) => {
      act = () => {
        currentCall()!.logger.warn("something is odd", { item: "tea" });
        throw new Error("a secret");
      };
      const trace = "0af7651916cd43dd8448eb211c80319c";
      const metadata = { "x-request-id": "order-7", traceparent: `00-${trace}-b7ad6b7169203331-01` };
      const error = await assertRejects(() => call(pair.client, { metadata }), RpcError);
      assertEquals([error.code, error.rawMessage], [Status.INTERNAL, "internal error (request id order-7)"]);
      assertEquals(pair.log.length, 2);
      assertStringIncludes(pair.log[0]!, "something is odd");
      assertStringIncludes(pair.log[0]!, 'item: "tea"');
      assertStringIncludes(pair.log[1]!, "handler failed");
      assertStringIncludes(pair.log[1]!, "a secret");
      for (const line of pair.log) {
        assertStringIncludes(line, 'requestId: "order-7"');
        assertStringIncludes(line, `trace: "${trace}"`);
        assertMatch(line, /path: "\/dinokit\.test\.Kinds\/\w+"/);
      }
    },
    { handlers },
  );

  each(`${kind}: detached work calls another service although its call was cancelled`, async ({ client }) => {
    const began = Promise.withResolvers<void>();
    const work = Promise.withResolvers<unknown>();
    act = async ({ signal, metainfo }) => {
      if (metainfo.persistent.has("COMPENSATION")) return;
      began.resolve();
      await new Promise((resolve) => signal.addEventListener("abort", resolve));
      const failed = await assertRejects(() => call(client), RpcError);
      assertEquals(failed.code, Status.CANCELLED);
      work.resolve(withMetainfo({ persistent: { COMPENSATION: "1" } }, () =>
        detached(async () => {
          await call(client);
          return [currentCall()?.context.values.get(USER), currentCall()?.requestId];
        })));
    };
    const caller = new AbortController();
    const metadata = { "x-request-id": "order-7" };
    const failed = assertRejects(() => call(client, { signal: caller.signal, metadata }), RpcError);
    await began.promise;
    caller.abort();
    assertEquals((await failed).code, Status.CANCELLED);
    assertEquals(await within(5000, work.promise), ["ann", "order-7"]);
  }, { handlers, middleware: [knows] });

  each(`${kind}: a call that watches ctx.draining ends in time`, async ({ client, server }) => {
    const began = Promise.withResolvers<void>();
    let aborted: unknown;
    act = async (context) => {
      const { draining } = context;
      assertEquals([draining.aborted, context.draining], [false, draining]);
      began.resolve();
      await new Promise((resolve) => draining.addEventListener("abort", resolve));
      aborted = [draining.reason.code, context.signal.aborted];
    };
    const done = call(client);
    await began.promise;
    await within(5000, server.stop());
    await done;
    assertEquals(aborted, [Status.UNAVAILABLE, false]);
  }, { handlers, drainTimeout: 60_000 });
}

each("detached work has time after the deadline of its call", async ({ client }) => {
  const work = Promise.withResolvers<unknown>();
  let depth = 0;
  act = async ({ signal }) => {
    if (depth++ > 0) return;
    await new Promise((resolve) => signal.addEventListener("abort", resolve));
    const late = await assertRejects(() => client.unary({}), RpcError);
    work.resolve(detached(() => client.unary({})).then(() => late.code));
  };
  await assertRejects(() => client.unary({}, { timeout: 500 }), RpcError);
  assertEquals(await within(5000, work.promise), Status.DEADLINE_EXCEEDED);
}, { handlers });

each("stop({ force: true }) aborts ctx.draining and the call", async ({ client, server }) => {
  const began = Promise.withResolvers<void>();
  const ended = Promise.withResolvers<boolean[]>();
  act = async ({ draining, signal }) => {
    const both = [draining, signal].map((one) => new Promise((resolve) => one.addEventListener("abort", resolve)));
    began.resolve();
    await Promise.all(both);
    ended.resolve([draining.aborted, signal.aborted]);
  };
  const failed = assertRejects(() => client.unary({}), RpcError);
  await began.promise;
  await within(5000, server.stop({ force: true }));
  assertEquals(await within(5000, ended.promise), [true, true]);
  assertEquals((await failed).code, Status.UNAVAILABLE);
}, { handlers, drainTimeout: 60_000 });

each("a drain waits for detached work, also that which other work starts", async ({ client, server }) => {
  const steps: string[] = [];
  act = ({ metainfo }) => {
    if (metainfo.persistent.has("INNER")) return;
    void detached(async () => {
      await new Promise((resolve) => setTimeout(resolve, 100));
      steps.push("first");
      void detached(async (signal) => {
        await new Promise((resolve) => setTimeout(resolve, 100));
        steps.push(`second, ${signal.aborted}`);
      });
    });
  };
  await client.unary({});
  await within(5000, server.stop());
  assertEquals(steps, ["first", "second, false"]);
}, { handlers, drainTimeout: 4000 });

each("work that never ends is aborted and logged after drainTimeout", async ({ client, server, log }) => {
  let reason: RpcError | undefined;
  act = () =>
    void detached((signal) => {
      signal.addEventListener("abort", () => reason = signal.reason);
      return new Promise(() => {});
    }, { timeout: Infinity });
  await client.unary({});
  await within(5000, server.stop());
  assertEquals([reason?.code, reason?.rawMessage], [Status.UNAVAILABLE, "the server has stopped"]);
  await until(() => log.length > 0, "the log has a line");
  assertMatch(log.join(), /^detached work has failed .*requestId: /s);
}, { handlers, drainTimeout: 50 });

each("work that begins after the server has stopped runs with its own timeout", async ({ client, server }) => {
  const stopped = Promise.withResolvers<void>();
  const result = Promise.withResolvers<unknown>();
  act = () => {
    void stopped.promise.then(() => {
      result.resolve(detached(() => new Promise(() => {}), { timeout: 20 }).catch((error: RpcError) => error.code));
    });
  };
  await client.unary({});
  await server.stop();
  stopped.resolve();
  assertEquals(await within(5000, result.promise), Status.DEADLINE_EXCEEDED);
}, { handlers });

each("each client call has separate values, which all its middleware sees", async ({ connect }) => {
  const seen: unknown[] = [];
  const sets: ClientMiddleware = (call, next) => {
    seen.push(call.context.values.has(USER), currentCall()?.context.values.get(USER));
    call.context.values.set(USER, "bob");
    return next({ ...call, context: { ...call.context, metadata: call.context.metadata } });
  };
  const reads: ClientMiddleware = (call, next) => {
    seen.push(call.context.values.get(USER));
    return next(call);
  };
  await using client = connect({ middleware: [sets, reads] });
  let depth = 0;
  act = () => depth++ === 0 ? client.unary({}) : undefined;
  await client.unary({});
  assertEquals(seen, [false, undefined, "bob", false, "ann", "bob"]);
}, { handlers, middleware: [knows] });

each("allowMetainfo does not break the chain of request ids", async ({ client }) => {
  const ids: string[] = [];
  act = async ({ metainfo }) => {
    ids.push(currentCall()!.requestId);
    assert(!metainfo.persistent.has("REQUEST_ID"));
    if (ids.length < 3) await client.unary({});
  };
  await client.unary({});
  assertEquals([new Set(ids).size, ids.length], [1, 3]);
}, { handlers, allowMetainfo: [] });
