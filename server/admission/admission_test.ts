import { assert, assertEquals, assertRejects, assertStringIncludes, assertThrows } from "@std/assert";
import { createClient } from "../../client/client.ts";
import { PolicyMisfit } from "../../policy/misfits.ts";
import type { PolicySource } from "../../policy/policy.ts";
import type { ServerPolicy } from "../../policy/server_policy.ts";
import { EchoService } from "../../proto/echo.ts";
import { HealthCheckResponse_ServingStatus as Serving } from "../../proto/grpc/health/v1/health.ts";
import { Health } from "../../proto/grpc/health/v1/health.ts";
import { RpcError } from "../../rpc/error.ts";
import { createLogger } from "../../base/logger.ts";
import { Status } from "../../rpc/status.ts";
import { each } from "../../tests/each_transport.ts";
import { needs } from "../../tests/needs.ts";
import { until } from "../../tests/observe.ts";
import { memoryTransport } from "../../transport/memory/mod.ts";
import type { ServerOptions } from "../options.ts";
import { createServer } from "../create_server.ts";

const silent = createLogger("silent");

/** Starts a server and a client in this process. Each handler waits until the test ends its call. */
async function start(more: Partial<ServerOptions>) {
  const transport = memoryTransport();
  const begun: PromiseWithResolvers<void>[] = [];
  const log: string[] = [];
  const logger = {
    ...silent,
    warn: (message: string, fields?: object) => void log.push(message + Deno.inspect(fields)),
  };
  const server = createServer({ name: "echo", address: "memory:x", transport, logger, ...more });
  server.add(EchoService, {
    async echo({ mes }) {
      if (mes !== "hold") return { resp: mes };
      const call = Promise.withResolvers<void>();
      begun.push(call);
      await call.promise;
      return { resp: "held" };
    },
  });
  await server.start();
  const client = createClient(EchoService, { address: "memory:x", transport, logger: silent, retry: false });
  return {
    server,
    client,
    transport,
    begun,
    log,
    async [Symbol.asyncDispose]() {
      for (const call of begun) call.resolve();
      await client[Symbol.asyncDispose]();
      await server.stop({ force: true });
    },
  };
}

const refused = async (call: Promise<unknown>): Promise<RpcError> => {
  const error = await assertRejects(() => call, RpcError) as RpcError;
  assertEquals(error.code, Status.RESOURCE_EXHAUSTED);
  return error;
};

each(
  "a call over the rate is rejected with the option's name and a pushback",
  async ({ client, server, log }) => {
    let pushback: string | undefined;
    await client.unary({});
    const call = client.unary({}, { onTrailer: (trailer) => pushback = trailer.get("grpc-retry-pushback-ms") });
    assertStringIncludes((await refused(call)).message, "more than 0.1 calls a second (methods.Unary.rate)");
    assert(Number(pushback) > 9000 && Number(pushback) <= 20_000, `pushback ${pushback}`);
    assertEquals(server.limitHits.get("rate"), 1);
    assertEquals(log.filter((line) => line.includes("calls are refused")).length, 1);
    // The limit does not apply to other methods.
    for await (const _ of client.serverStream({ count: 1 }));
  },
  { methods: { Unary: { rate: { rate: 0.1 } } } },
);

each("calls of different tenants have different buckets", async ({ client }) => {
  const as = (tenant: string) => client.unary({}, { metadata: { "x-tenant": tenant } });
  await as("a");
  await refused(as("a"));
  await as("b");
}, { rate: { rate: 0.1, by: "metadata:x-tenant" } });

each("a stream counts in a fixed limit as long as it lasts", async ({ client }) => {
  const open = async function* () {
    yield { text: "a" };
    await new Promise(() => {});
  };
  const controller = new AbortController();
  const stream = client.bidi(open(), { signal: controller.signal })[Symbol.asyncIterator]();
  await stream.next();
  await refused(client.unary({}));
  controller.abort();
  await assertRejects(async () => void await stream.next());
  await until(() => client.unary({}).then(() => true, () => undefined), "the place is free again");
}, { concurrency: { limit: 1, queue: 0 } });

Deno.test("calls beyond the limit wait for their turn, and cancelled ones are not begun", async () => {
  await using it = await start({ concurrency: { limit: 1 } });
  const first = it.client.echo({ mes: "hold" });
  await until(() => it.begun.length === 1 || undefined, "the first has begun");
  const controller = new AbortController();
  const gone = it.client.echo({ mes: "hold" }, { signal: controller.signal });
  const late = it.client.echo({ mes: "hold" }, { timeout: 50 });
  const third = it.client.echo({ mes: "third" });
  controller.abort();
  await assertRejects(() => gone, RpcError);
  assertEquals((await assertRejects(() => late, RpcError) as RpcError).code, Status.DEADLINE_EXCEEDED);
  it.begun[0]!.resolve();
  assertEquals([(await first).resp, (await third).resp, it.begun.length], ["held", "third", 1]);
});

Deno.test("health checks are answered while all other calls are rejected", async () => {
  await using it = await start({ rate: { rate: 0.001 }, concurrency: { limit: 1, queue: 0 } });
  await it.client.echo({});
  await using health = createClient(Health, { address: "memory:x", transport: it.transport, logger: silent });
  for (let i = 0; i < 5; i++) assertEquals((await health.check({})).status, Serving.SERVING);
  await refused(it.client.echo({}));
});

needs(
  [{ name: "net" }],
  "health reports not ready after a long overload, and ready again when it is over",
  async () => {
    const concurrency = { limit: 1, queue: 0 };
    await using it = await start({ concurrency, overload: { unreadyAfter: 1000 }, health: { address: "127.0.0.1:0" } });
    const ready = async () => await (await fetch(`http://${it.server.healthAddress}/readyz`)).json();
    await using health = createClient(Health, { address: "memory:x", transport: it.transport, logger: silent });
    const held = it.client.echo({ mes: "hold" });
    await until(() => it.begun.length === 1 || undefined, "it is busy");
    await until(async () => {
      await refused(it.client.echo({}));
      return (await ready()).status === "overloaded" || undefined;
    }, "it is not ready");
    assertEquals((await health.check({})).status, Serving.NOT_SERVING);
    it.begun[0]!.resolve();
    await held;
    await until(async () => (await ready()).status === "serving" || undefined, "it is ready again");
    assertEquals((await health.check({})).status, Serving.SERVING);
  },
);

Deno.test("a changed policy applies at once, and does not affect options that it does not name", async () => {
  let tell!: (policy: ServerPolicy) => void;
  let closed = false;
  const policy: PolicySource<ServerPolicy> = {
    permissions: [],
    watch: (listener) => (tell = listener, { close: () => void (closed = true) }),
  };
  const it = await start({ policy, rate: { rate: 0.001, burst: 2 } });
  await it.client.echo({});
  tell({ concurrency: { limit: 5 } });
  await it.client.echo({});
  await refused(it.client.echo({}));
  tell({ rate: false });
  await it.client.echo({});
  tell({ rate: false, methods: { Echo: { rate: { rate: 0.001 } } } });
  await it.client.echo({});
  await refused(it.client.echo({}));
  assertThrows(() => tell({ methods: { Ecko: {} } }), PolicyMisfit, "Ecko");
  await it[Symbol.asyncDispose]();
  assert(closed);
});

Deno.test("faults are injected only with allowInjection", async () => {
  const inject = { share: 1, status: "UNAVAILABLE", delay: 20 } as const;
  {
    await using it = await start({ inject });
    await it.client.echo({});
    assertStringIncludes(it.log.join(), "allowInjection");
  }
  await using it = await start({ inject, allowInjection: true });
  const begin = performance.now();
  const error = await assertRejects(() => it.client.echo({}), RpcError) as RpcError;
  assertEquals(error.code, Status.UNAVAILABLE);
  assert(performance.now() - begin >= 19);
  const controller = new AbortController();
  setTimeout(() => controller.abort(), 1);
  await assertRejects(() => it.client.echo({}, { signal: controller.signal }), RpcError);
});

Deno.test("a server whose policy names an unknown method does not start", async () => {
  const server = createServer({
    name: "echo",
    address: "memory:x",
    transport: memoryTransport(),
    methods: { Ecko: {} },
  });
  server.add(EchoService, { echo: () => ({}) });
  await assertRejects(() => server.start(), TypeError, "did you mean Echo?");
});
