import { assertEquals, assertRejects } from "@std/assert";
import { createClient } from "../../client/client.ts";
import { EchoService } from "../../proto/echo.ts";
import { Health, HealthCheckResponse_ServingStatus as Serving } from "../../proto/grpc/health/v1/health.ts";
import type { ServerContext } from "../../rpc/context.ts";
import { RpcError } from "../../rpc/error.ts";
import { createLogger } from "../../base/logger.ts";
import { Status } from "../../rpc/status.ts";
import { needs } from "../../tests/needs.ts";
import { recordingLogger, until } from "../../tests/observe.ts";
import { memoryTransport } from "../../transport/memory/mod.ts";
import type { Phase } from "./http_handler.ts";
import { HealthChecks } from "./checks.ts";
import { healthRoutes, type Watched } from "./grpc_service.ts";
import { createServer } from "../create_server.ts";

async function serve() {
  const transport = memoryTransport();
  const logger = createLogger("silent");
  const hold = Promise.withResolvers<void>();
  const entered = Promise.withResolvers<void>();
  const server = createServer({ name: "echo", address: "memory:health", transport, logger });
  server.add(EchoService, {
    async echo() {
      entered.resolve();
      await hold.promise;
      return {};
    },
  });
  await server.start();
  const options = { address: server.address, transport, logger };
  return { server, hold, entered, health: createClient(Health, options), echo: createClient(EchoService, options) };
}

Deno.test("Check answers SERVING for the server and its services, and NOT_FOUND for others", async () => {
  const { server, health, echo } = await serve();
  await using _server = server;
  await using _health = health;
  await using _echo = echo;
  for (const service of ["", "echo.EchoService"]) {
    assertEquals(await health.check({ service }), { status: Serving.SERVING });
  }
  const error = await assertRejects(() => health.check({ service: "no.Such" }), RpcError);
  assertEquals([error.code, error.rawMessage], [Status.NOT_FOUND, "unknown service no.Such"]);
});

Deno.test("Watch sends SERVING at once, sends NOT_SERVING when the server drains, and then ends", async () => {
  const { server, health, hold, entered, echo } = await serve();
  await using _health = health;
  await using _echo = echo;
  const call = echo.echo({});
  await entered.promise;
  const told: Serving[] = [];
  let stopped: Promise<void> | undefined;
  for await (const { status } of health.watch({ service: "echo.EchoService" })) {
    told.push(status);
    stopped ??= server.stop();
  }
  assertEquals(told, [Serving.SERVING, Serving.NOT_SERVING]);
  hold.resolve();
  await call;
  await stopped;
});

Deno.test("a Watch releases its watcher when its caller leaves", async () => {
  const phase: Watched<Phase> = { value: "serving", watchers: new Set() };
  const routes = healthRoutes(() => new Map(), phase, new HealthChecks({}, 1, createLogger("silent")));
  const { handler, method } = routes.get("/grpc.health.v1.Health/Watch")!;
  const caller = new AbortController();
  const call = { method, request: { service: "" }, context: { signal: caller.signal } as ServerContext };
  const watch = () => handler(call) as AsyncGenerator<unknown>;
  const watches = [watch(), watch()];
  for (const watch of watches) assertEquals((await watch.next()).value, { status: Serving.SERVING });
  assertEquals(phase.watchers.size, 2);
  const waiting = watches.map((watch) => watch.next());
  caller.abort();
  for (const next of waiting) assertEquals((await next).done, true);
  assertEquals(phase.watchers.size, 0);
});

Deno.test("Check answers NOT_SERVING while the server drains", async () => {
  const transport = memoryTransport();
  const logger = createLogger("silent");
  const server = createServer({ name: "echo", address: "memory:x", transport, logger, drainDelay: 60_000 });
  server.add(EchoService, { echo: () => ({}) });
  await server.start();
  await using health = createClient(Health, { address: "memory:x", transport, logger });
  assertEquals(await health.check({}), { status: Serving.SERVING });
  const stopped = server.stop();
  assertEquals(await health.check({}), { status: Serving.NOT_SERVING });
  await server.stop({ force: true });
  await stopped;
});

Deno.test("Watch sends SERVICE_UNKNOWN for an unknown service, and ends when its caller leaves", async () => {
  const { server, health, echo } = await serve();
  await using _server = server;
  await using _health = health;
  await using _echo = echo;
  for await (const { status } of health.watch({ service: "no.Such" })) {
    assertEquals(status, Serving.SERVICE_UNKNOWN);
    break;
  }
});

needs([{ name: "net" }], "health.checks also count for grpc.health.v1: Check, List and Watch", async () => {
  const transport = memoryTransport();
  const logger = recordingLogger();
  let broken = false;
  const checks = { database: () => !broken };
  const health = { address: "127.0.0.1:0", checks };
  await using server = createServer({ name: "echo", address: "memory:x", transport, logger, health });
  server.add(EchoService, { echo: () => ({}) });
  await server.start();
  await using client = createClient(Health, { address: "memory:x", transport, logger });
  const told = async (service = "") => (await client.check({ service })).status;
  assertEquals(await told(), Serving.SERVING);
  broken = true;
  await until(async () => await told() === Serving.NOT_SERVING, "the failing check is told");
  assertEquals(await told("echo.EchoService"), Serving.NOT_SERVING);
  const { statuses } = await client.list({});
  assertEquals([...statuses], [
    ["", { status: Serving.NOT_SERVING }],
    ["echo.EchoService", { status: Serving.NOT_SERVING }],
  ]);
  broken = false;
  await until(async () => await told() === Serving.SERVING, "the check passes again");
  assertEquals((await client.list({})).statuses.get("echo.EchoService"), { status: Serving.SERVING });
  const lines = logger.lines.filter((line) => line.includes("health check"));
  assertEquals(lines, ["warn: health check failed", "info: health check passes again"]);
});

Deno.test("a Watch runs the checks periodically, and sends each change", async () => {
  let broken = false;
  const checks = new HealthChecks({ database: () => !broken }, 100, createLogger("silent"));
  const phase: Watched<Phase> = { value: "serving", watchers: new Set() };
  const { handler, method } = healthRoutes(() => new Map(), phase, checks, 20).get("/grpc.health.v1.Health/Watch")!;
  const caller = new AbortController();
  const context = { signal: caller.signal } as ServerContext;
  const watch = handler({ method, request: { service: "" }, context }) as AsyncGenerator<unknown>;
  assertEquals((await watch.next()).value, { status: Serving.SERVING });
  broken = true;
  assertEquals((await watch.next()).value, { status: Serving.NOT_SERVING });
  broken = false;
  assertEquals((await watch.next()).value, { status: Serving.SERVING });
  const ended = watch.next();
  caller.abort();
  assertEquals((await ended).done, true);
});
