import { assert, assertEquals, assertMatch, assertRejects, assertThrows } from "@std/assert";
import type { ClientPolicy, PolicySource } from "../../policy/policy.ts";
import type { ServerContext } from "../../rpc/context.ts";
import { RpcError } from "../../rpc/error.ts";
import { createLogger } from "../../base/logger.ts";
import { Status } from "../../rpc/status.ts";
import { createServer } from "../../server/create_server.ts";
import { kindsHandlers } from "../../tests/kinds.ts";
import { recordingLogger } from "../../tests/observe.ts";
import { Kinds } from "../../tests/proto/kinds.ts";
import { memoryTransport } from "../../transport/memory/mod.ts";
import { createClient } from "../client.ts";
import { clientState } from "../client_state.ts";
import type { ClientOptions } from "../options.ts";
import type { CallOptions } from "./call_options.ts";

const logger = createLogger("silent");
const DOWN = { text: "fail:14:down" };

/** A policy that is changed by hand. */
function byHand(): PolicySource<ClientPolicy> & { set(policy: ClientPolicy): void } {
  let listener: ((policy: ClientPolicy) => void) | undefined;
  return {
    permissions: [],
    watch: (one) => (listener = one, { close() {} }),
    set: (policy) => listener!(policy),
  };
}

async function pair(options: Partial<ClientOptions<typeof Kinds>>, handlers = kindsHandlers()) {
  const transport = memoryTransport();
  let calls = 0;
  const server = createServer({ name: "kinds", address: "memory:k", transport, logger });
  server.use((call, next) => (calls++, next(call)));
  await server.add(Kinds, handlers).start();
  const client = createClient(Kinds, { address: "memory:k", transport, logger, ...options });
  return {
    client,
    get calls() {
      return calls;
    },
    async [Symbol.asyncDispose]() {
      await client[Symbol.asyncDispose]();
      await server.stop({ force: true });
    },
  };
}

const failure = (call: () => Promise<unknown>) => assertRejects(call, RpcError);
const all = async <T>(replies: AsyncIterable<T>) => await Array.fromAsync(replies);
async function times(count: number, call: () => Promise<unknown>): Promise<void> {
  for (let i = 0; i < count; i++) await call().catch(() => {});
}

Deno.test("after too many failures, calls of the method fail at once; calls of other methods do not", async () => {
  await using a = await pair({ breaker: { samples: 5 } });
  await times(5, () => a.client.unary(DOWN));
  const error = await failure(() => a.client.unary({}));
  assertEquals([error.code, error.path, a.calls], [Status.UNAVAILABLE, "/dinokit.test.Kinds/Unary", 5]);
  assertMatch(
    error.rawMessage,
    /^the circuit breaker is open: 5 of 5 calls \(100 %\) failed within 10 s; it tries again in \d(\.\d)? s$/,
  );
  assertEquals((await all(a.client.serverStream({ count: 2 }))).length, 2);
});

Deno.test("a breaker closes again when its probes succeed", async () => {
  await using a = await pair({ breaker: { samples: 5, openTime: 300, probes: 2 } });
  await times(5, () => a.client.unary(DOWN));
  await failure(() => a.client.unary({}));
  await new Promise((resolve) => setTimeout(resolve, 310));
  await times(10, () => a.client.unary({}));
  assertEquals(a.calls, 15);
});

Deno.test("business errors, cancellations and other responses of the server do not open a breaker", async () => {
  await using a = await pair({ breaker: { samples: 1 } });
  for (const text of ["biz:7:no", "fail:5:not found", "fail:3:wrong"]) await times(3, () => a.client.unary({ text }));
  await times(3, () => a.client.unary({ text: "hang" }, { signal: AbortSignal.timeout(5) }));
  await times(3, () => a.client.unary({}, { timeout: 0 }));
  await times(3, () => a.client.unary({ text: 5 as unknown as string }));
  assertEquals((await a.client.unary({ text: "fine" })).text, "fine");
});

Deno.test("a stream counts when its response begins, and a stream that is abandoned before releases its probe", async () => {
  await using a = await pair({ breaker: { samples: 2, openTime: 300, probes: 1 } });
  for (let i = 0; i < 4; i++) await assertRejects(() => all(a.client.serverStream({ ...DOWN, count: 1 })));
  await times(4, () => all(a.client.serverStream(DOWN))); // of 8 in all
  await failure(() => all(a.client.serverStream({ count: 1 })));
  await new Promise((resolve) => setTimeout(resolve, 310));
  const left = a.client.serverStream({ text: "hang" })[Symbol.asyncIterator]();
  const waiting = left.next();
  await new Promise((resolve) => setTimeout(resolve, 5));
  assertMatch((await failure(() => all(a.client.serverStream({ count: 1 })))).rawMessage, /calls are probing/);
  await left.return!();
  await waiting;
  assertEquals((await all(a.client.serverStream({ count: 1 }))).length, 1);
});

Deno.test("a breaker counts calls, not their attempts, and its state outlives a change of the policy", async () => {
  const policy = byHand();
  await using a = await pair({ policy, breaker: { samples: 4 }, retry: { backoff: 0 } });
  await times(3, () => a.client.unary(DOWN));
  assertEquals(a.calls, 9);
  policy.set({ breaker: { samples: 4, openTime: 60_000 } });
  await times(2, () => a.client.unary(DOWN));
  assertEquals(a.calls, 12);
  assertMatch((await failure(() => a.client.unary({}))).rawMessage, /tries again in 60 s|tries again in 59/);
  policy.set({ breaker: false });
  await a.client.unary({});
});

Deno.test("a fallback answers for a failed call, with defaults for missing fields", async () => {
  const seen: [number, unknown, unknown][] = [];
  await using a = await pair({
    retry: { backoff: 0, attempts: 2 },
    fallback: {
      unary(error, request, context) {
        seen.push([error.code, request.text, context.metadata.get("x-a")]);
        return { text: "instead" };
      },
      async *bidi() {
        yield { count: 1 };
        yield { count: 2 };
      },
      clientStream: (error) => Promise.reject(new RangeError(`mine: ${error.rawMessage}`)),
    },
  });
  const reply = await a.client.unary(DOWN, { metadata: { "x-a": "1" } });
  assertEquals([reply.text, reply.count, reply.data.length], ["instead", 0, 0]);
  assertEquals([seen, a.calls], [[[Status.UNAVAILABLE, DOWN.text, "1"]], 2]);
  const requests = async function* () {
    yield DOWN;
  };
  assertEquals((await all(a.client.bidi(requests()))).map(({ count }) => count), [1, 2]);
  await assertRejects(() => a.client.clientStream(requests()), RangeError, "mine: down");
  await failure(() => all(a.client.serverStream(DOWN)));
});

Deno.test("a fallback answers while the breaker is open; middleware sees its response", async () => {
  const seen: unknown[] = [];
  await using a = await pair({
    breaker: { samples: 1 },
    fallback: { unary: (error) => ({ text: error.rawMessage.slice(0, 19) }) },
    middleware: [async (call, next) => {
      const reply = await next(call);
      seen.push((reply as { text: string }).text);
      return reply;
    }],
  });
  await times(2, () => a.client.unary(DOWN));
  assertEquals(seen, ["down", "the circuit breaker"]);
});

Deno.test("a fallback does not answer for business errors, cancelled calls, or after the first response", async () => {
  let calls = 0;
  const instead = () => (calls++, { text: "instead" });
  const many = async function* () {
    calls++;
    yield { text: "instead" };
  };
  await using a = await pair({ fallback: { unary: instead, serverStream: many } });
  await assertRejects(() => a.client.unary({ text: "biz:7:no" }), Error, "no");
  await failure(() => a.client.unary({ text: "hang" }, { signal: AbortSignal.timeout(5) }));
  await assertRejects(() => a.client.unary({ text: 5 as unknown as string }), TypeError);
  await failure(() => all(a.client.serverStream({ ...DOWN, count: 2 })));
  assertEquals(calls, 0);
  assertEquals((await all(a.client.serverStream(DOWN))).map(({ text }) => text), ["instead"]);
});

Deno.test("createClient() rejects a fallback that is not a function, or whose method does not exist", () => {
  const make = (fallback: unknown) => () =>
    createClient(Kinds, { address: "memory:k", transport: memoryTransport(), logger, fallback: fallback as never });
  assertThrows(
    make({ unry: () => ({}) }),
    TypeError,
    "createClient: fallback.unry is not an option; did you mean fallback.unary?",
  );
  assertThrows(make({ unary: "x" }), TypeError, `createClient: fallback.unary is "x"`);
  assertThrows(make([]), TypeError, "createClient: fallback is an empty list");
});

Deno.test("faults are injected into their share of calls, and retried like others", async () => {
  await using none = await pair({ allowInjection: true, inject: { share: 0, status: "INTERNAL" } });
  await none.client.unary({});
  await using a = await pair({
    allowInjection: true,
    inject: { share: 1, status: "UNAVAILABLE" },
    retry: { backoff: 0 },
  });
  const error = await failure(() => a.client.unary({}));
  assertEquals([error.code, error.path, a.calls], [Status.UNAVAILABLE, "/dinokit.test.Kinds/Unary", 0]);
  assertMatch(error.message, /: a fault that the policy injects \(attempt 3; /);
  await assertRejects(() => all(a.client.serverStream({ count: 1 })), RpcError, "a fault");
});

Deno.test("an injected delay ends at the deadline, on cancellation, and with its attempt", async () => {
  const inject = { share: 1, delay: 60_000 };
  await using a = await pair({ allowInjection: true, inject });
  assertEquals((await failure(() => a.client.unary({}, { timeout: 5 }))).code, Status.DEADLINE_EXCEEDED);
  const signal = AbortSignal.timeout(5);
  assertEquals((await failure(() => a.client.unary({}, { signal }))).code, Status.CANCELLED);
  await using b = await pair({ allowInjection: true, inject, retry: { perTryTimeout: 5, backoff: 0 } });
  assertMatch(
    (await failure(() => b.client.unary({}))).message,
    /: no response within 5 ms \(perTryTimeout\) \(attempt 3/,
  );
  await using c = await pair({ allowInjection: true, inject: { share: 1, delay: 1 } });
  assertEquals((await c.client.unary({ text: "late" })).text, "late");
});

Deno.test("abandoned calls count as latency for p2c: at the deadline, by perTryTimeout, by the caller", async () => {
  const unary = (_: unknown, { signal }: ServerContext) =>
    new Promise<never>((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
  const retry = { perTryTimeout: 30, attempts: 2, backoff: 0 };
  const cases: [ClientPolicy, () => CallOptions][] = [
    [{}, () => ({ timeout: 30 })],
    [{ retry }, () => ({})],
    [{}, () => ({ signal: AbortSignal.timeout(30) })],
  ];
  for (const [own, call] of cases) {
    await using a = await pair({ balancer: "p2c", ...own }, { ...kindsHandlers(), unary });
    await failure(() => a.client.unary({}, call()));
    const latency = clientState(a.client).instances[0]!.latency!;
    assert(latency > 10, `${latency}`); // it fades
  }
});

Deno.test("without allowInjection no fault is injected, and the log says so once", async () => {
  const log = recordingLogger();
  await using a = await pair({ inject: { share: 1, status: "INTERNAL" }, logger: log });
  await times(3, () => a.client.unary({}));
  assertEquals(a.calls, 3);
  assertEquals(log.lines, ["warn: the policy's inject is ignored: the client lacks allowInjection"]);
});

Deno.test("timeouts apply by method; inside a handler the earlier of the timeout and its deadline applies", async () => {
  await using inner = await pair({
    timeout: 60_000,
    methods: { ServerStream: { timeout: 20 }, Bidi: { timeout: 20 } },
  });
  assertEquals((await failure(() => all(inner.client.serverStream({ text: "hang" })))).code, Status.DEADLINE_EXCEEDED);
  const left: number[] = [];
  const transport = memoryTransport();
  const server = createServer({ name: "kinds", address: "memory:i", transport, logger });
  await server.add(Kinds, {
    ...kindsHandlers(),
    unary: (req, ctx) => (left.push(ctx.deadline === undefined ? Infinity : ctx.deadline - Date.now()), req),
  }).start();
  await using _stop = server;
  const within = async (timeout: number | undefined, outer: number | undefined) => {
    await using next = createClient(Kinds, { address: "memory:i", transport, logger, timeout });
    const handlers = { ...kindsHandlers(), unary: () => next.unary({}) };
    await using first = await pair({ timeout: outer }, handlers);
    await first.client.unary({});
    return Math.ceil(left.at(-1)! / 10_000) * 10_000;
  };
  assertEquals(await within(20_000, 60_000), 20_000);
  assertEquals(await within(60_000, 20_000), 20_000);
  assertEquals(await within(undefined, 60_000), 60_000); // the default gives way
  assertEquals(await within(undefined, undefined), 10_000);
});
