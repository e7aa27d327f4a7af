import { assertEquals, assertRejects } from "@std/assert";
import { createClient } from "../client/client.ts";
import { EchoService } from "../proto/echo.ts";
import { Health, HealthCheckResponse_ServingStatus as Serving } from "../proto/grpc/health/v1/health.ts";
import type { ServerContext } from "../rpc/context.ts";
import { RpcError } from "../rpc/error.ts";
import { createLogger } from "../rpc/logger.ts";
import { Status } from "../rpc/status.ts";
import { memoryTransport } from "../transport/memory/mod.ts";
import type { Phase } from "./health.ts";
import { healthRoutes, type Watched } from "./health_service.ts";
import { createServer } from "./server.ts";

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

Deno.test("Watch tells SERVING at once, NOT_SERVING when the server drains, and ends then", async () => {
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

Deno.test("a Watch leaves nothing behind when its caller has left", async () => {
  const phase: Watched<Phase> = { value: "serving", watchers: new Set() };
  const routes = healthRoutes(() => new Set(), phase);
  const { handler } = routes.get("/grpc.health.v1.Health/Watch")!;
  const caller = new AbortController();
  const watch = () => handler({ service: "" }, { signal: caller.signal } as ServerContext) as AsyncGenerator<unknown>;
  const watches = [watch(), watch()];
  for (const one of watches) assertEquals((await one.next()).value, { status: Serving.SERVING });
  assertEquals(phase.watchers.size, 2);
  const waiting = watches.map((one) => one.next());
  caller.abort();
  for (const one of waiting) assertEquals((await one).done, true);
  assertEquals(phase.watchers.size, 0);
});

Deno.test("Check says NOT_SERVING while the server drains", async () => {
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

Deno.test("Watch tells SERVICE_UNKNOWN for a service that is not there, and ends when its caller leaves", async () => {
  const { server, health, echo } = await serve();
  await using _server = server;
  await using _health = health;
  await using _echo = echo;
  for await (const { status } of health.watch({ service: "no.Such" })) {
    assertEquals(status, Serving.SERVICE_UNKNOWN);
    break;
  }
});
