import { assertEquals, assertRejects } from "@std/assert";
import type { ServerContext } from "../../../rpc/context.ts";
import { RpcError } from "../../../rpc/error.ts";
import { createLogger } from "../../../base/logger.ts";
import { Metadata } from "../../../rpc/metadata.ts";
import { Status } from "../../../rpc/status.ts";
import { createServer } from "../../../server/create_server.ts";
import { kindsHandlers } from "../../../tests/kinds.ts";
import { until } from "../../../tests/observe.ts";
import { Kinds, type Msg } from "../../../tests/proto/kinds.ts";
import { memoryTransport } from "../../../transport/memory/mod.ts";
import { createClient } from "../../client.ts";
import type { ClientOptions } from "../../options.ts";

const logger = createLogger("silent");
/** Never reached: what has to wait for it would show. */
const SLOW_MS = 60_000;

type Step = (ctx: ServerContext) => Promise<void> | void;

const fail = (code: Status, pushback?: string): Step => () => {
  const metadata = pushback === undefined ? undefined : Metadata.unchecked([["grpc-retry-pushback-ms", pushback]]);
  throw new RpcError(code, "no", { metadata });
};
const fine: Step = () => {};

/** Two instances; the attempts go as the steps say, in their order. */
async function pair(hedge: ClientOptions["hedge"], steps: Step[], more: Partial<ClientOptions> = {}) {
  const transport = memoryTransport();
  const seen: { ctx: ServerContext; where: string }[] = [];
  const cancelled: number[] = [];
  const hang: Step = (ctx) =>
    new Promise((_, reject) => ctx.signal.addEventListener("abort", () => reject(ctx.signal.reason)));
  const take = async (where: string, ctx: ServerContext) => {
    const index = seen.push({ ctx, where }) - 1;
    ctx.signal.addEventListener("abort", () => cancelled.push(index));
    await (steps[index] ?? hang)(ctx);
    // Not before: an attempt whose header goes out with an error is the call's, and no other is made (gRPC A6).
    ctx.header.set("x-attempt", String(index));
    return index;
  };
  const servers = await Promise.all(["memory:a", "memory:b"].map(async (address) => {
    const server = createServer({ name: "kinds", address, transport, logger });
    await server.add(Kinds, {
      ...kindsHandlers(),
      unary: async (_req, ctx) => ({ text: "", count: await take(address, ctx) }),
      async *serverStream(_req, ctx) {
        const count = await take(address, ctx);
        yield { count };
        yield { count };
      },
    }).start();
    return server;
  }));
  const client = createClient(Kinds, {
    address: ["memory:a", "memory:b"],
    transport,
    logger,
    balancer: "pick_first",
    ...more,
    methods: { Unary: { hedge }, ServerStream: { hedge } },
  });
  return {
    client,
    seen,
    cancelled,
    async [Symbol.asyncDispose]() {
      await client[Symbol.asyncDispose]();
      for (const server of servers) await server.stop({ force: true });
    },
  };
}

const previous = (ctx: ServerContext) => ctx.metadata.get("grpc-previous-rpc-attempts");

Deno.test("a slow call is hedged, the first response wins, and the other attempt is cancelled", async () => {
  await using a = await pair({ delay: 5 }, [
    (ctx) => new Promise((resolve) => ctx.signal.onabort = () => resolve()),
    fine,
  ]);
  const headers: (string | undefined)[] = [];
  const { count } = await a.client.unary({}, { onHeader: (fields) => void headers.push(fields.get("x-attempt")) });
  assertEquals([count, headers], [1, ["1"]]);
  assertEquals(a.seen.map(({ ctx }) => previous(ctx)), [undefined, "1"]);
  await until(() => a.cancelled.length === 1, "the loser was cancelled");
  assertEquals(a.cancelled, [0]);
});

Deno.test("a fast call is sent once", async () => {
  await using a = await pair({ delay: SLOW_MS }, [fine]);
  await a.client.unary({});
  assertEquals(a.seen.length, 1);
});

Deno.test("without a delay all attempts are sent at once", async () => {
  const all = Promise.withResolvers<void>();
  const third: Step = () => all.resolve();
  await using a = await pair({ delay: 0, attempts: 3 }, [() => all.promise, () => all.promise, third]);
  await a.client.unary({});
  assertEquals(a.seen.length, 3);
});

Deno.test("after a failed attempt the next one is sent at once; a fatal failure ends the call", async () => {
  await using a = await pair({ delay: SLOW_MS }, [fail(Status.UNAVAILABLE), fine]);
  assertEquals((await a.client.unary({})).count, 1);
  await using b = await pair({ delay: SLOW_MS }, [fail(Status.NOT_FOUND)]);
  const error = await assertRejects(() => b.client.unary({}), RpcError);
  assertEquals([error.rawMessage, b.seen.length], ["no", 1]);
});

Deno.test("if all attempts fail, the error says so", async () => {
  await using a = await pair({ delay: SLOW_MS }, [fail(Status.UNAVAILABLE), fail(Status.UNAVAILABLE)]);
  const error = await assertRejects(() => a.client.unary({}), RpcError);
  assertEquals([error.code, error.rawMessage, error.note], [
    Status.UNAVAILABLE,
    "no",
    'attempt 2; before it UNAVAILABLE "no"',
  ]);
});

Deno.test("a server's pushback delays or forbids the next attempt", async () => {
  await using soon = await pair({ delay: SLOW_MS }, [fail(Status.UNAVAILABLE, "1"), fine]);
  assertEquals((await soon.client.unary({})).count, 1);
  await using never = await pair({ delay: SLOW_MS }, [fail(Status.UNAVAILABLE, "-1"), fine]);
  assertEquals((await assertRejects(() => never.client.unary({}), RpcError)).code, Status.UNAVAILABLE);
  assertEquals(never.seen.length, 1);
  // Those that go on may still succeed.
  const second = Promise.withResolvers<void>();
  await using other = await pair({ delay: 0, attempts: 2 }, [() => second.promise, (ctx) => {
    ctx.signal.addEventListener("abort", () => {});
    queueMicrotask(() => second.resolve());
    return fail(Status.UNAVAILABLE, "-1")(ctx);
  }]);
  assertEquals((await other.client.unary({})).count, 0);
});

Deno.test("a pushback ends when the caller cancels, at the deadline, and when the client is closed", async () => {
  const later = fail(Status.UNAVAILABLE, String(SLOW_MS));
  await using a = await pair({ delay: SLOW_MS }, [later]);
  const controller = new AbortController();
  const call = assertRejects(() => a.client.unary({}, { signal: controller.signal, timeout: 2 * SLOW_MS }), RpcError);
  await until(() => a.seen.length === 1, "the attempt was made");
  await new Promise((resolve) => setTimeout(resolve));
  controller.abort();
  assertEquals((await call).code, Status.CANCELLED);

  await using b = await pair({ delay: SLOW_MS }, [later]);
  assertEquals((await assertRejects(() => b.client.unary({}, { timeout: 10_000 }), RpcError)).code, Status.UNAVAILABLE);

  await using c = await pair({ delay: SLOW_MS }, [later]);
  const last = assertRejects(() => c.client.unary({}, { timeout: 2 * SLOW_MS }), RpcError);
  await until(() => c.seen.length === 1, "the attempt was made");
  await new Promise((resolve) => setTimeout(resolve));
  await c.client[Symbol.asyncDispose]();
  assertEquals((await last).rawMessage, "no");
});

Deno.test("the deadline and the caller's signal end all attempts", async () => {
  await using a = await pair({ delay: 1 }, []);
  assertEquals(
    (await assertRejects(() => a.client.unary({}, { timeout: 30 }), RpcError)).code,
    Status.DEADLINE_EXCEEDED,
  );
  await using b = await pair({ delay: 1 }, []);
  const signal = AbortSignal.timeout(30);
  assertEquals((await assertRejects(() => b.client.unary({}, { signal }), RpcError)).code, Status.CANCELLED);
  await until(() => b.cancelled.length === b.seen.length, "all were cancelled");
});

Deno.test("no hedge is sent while the budget is used up", async () => {
  const retryBudget = { tokens: 2 };
  await using a = await pair({ delay: SLOW_MS }, [fail(Status.UNAVAILABLE), fail(Status.UNAVAILABLE)], { retryBudget });
  const error = await assertRejects(() => a.client.unary({}, { timeout: 2 * SLOW_MS }), RpcError);
  assertEquals([error.rawMessage, a.seen.length], ["no", 1]);
});

Deno.test("a stream of responses belongs to the attempt that began it", async () => {
  await using a = await pair({ delay: 5 }, [
    (ctx) => new Promise((resolve) => ctx.signal.onabort = () => resolve()),
    fine,
  ]);
  const got: Msg[] = [];
  for await (const one of a.client.serverStream({})) got.push(one);
  assertEquals(got.map(({ count }) => count), [1, 1]);
  await until(() => a.cancelled.includes(0), "the loser was cancelled");
});
