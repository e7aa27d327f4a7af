import { assert, assertEquals, assertMatch, assertRejects, assertStringIncludes, assertThrows } from "@std/assert";
import {
  clientState,
  createClient,
  createServer,
  type Handlers,
  type Lease,
  type Logger,
  memoryRegistry,
  memoryTransport,
  type Registry,
  RpcError,
  type ServerContext,
  type ServerOptions,
  Status,
  type Transport,
  withMetainfo,
} from "../mod.ts";
import { EchoService } from "../proto/echo.ts";
import { HIDDEN_TEXT, kindsHandlers } from "./kinds.ts";
import { until } from "./observe.ts";
import { Kinds } from "./proto/kinds.ts";

type Echo = Handlers<typeof EchoService>["echo"];

function logger(lines: string[] = []): Logger {
  const write = (message: string, fields?: Record<string, unknown>) =>
    void lines.push(`${message} ${Deno.inspect(fields)}`);
  return { debug() {}, info() {}, warn: write, error: write };
}

async function serve(transport: Transport, name: string, echo: Echo, more: Partial<ServerOptions> = {}) {
  const server = createServer({
    name: "echoservice",
    address: `memory:${name}`,
    transport,
    logger: logger(),
    drainDelay: 0,
    ...more,
  });
  server.add(EchoService, { echo });
  await server.start();
  return server;
}

Deno.test("a handler's calls inherit deadline and persistent metainfo; transient values stop, unless forwardTransient is set", async () => {
  const transport = memoryTransport();
  const seen: ServerContext[] = [];
  await using _last = await serve(transport, "last", (_req, ctx) => (seen.push(ctx), { resp: "" }));
  await using next = createClient(EchoService, { address: "memory:last", transport, logger: logger() });
  await using _first = await serve(transport, "first", (req) => next.echo(req));
  await using _legacy = await serve(transport, "legacy", (req) => next.echo(req), { forwardTransient: true });
  for (const name of ["first", "legacy"]) {
    await using client = createClient(EchoService, { address: `memory:${name}`, transport, logger: logger() });
    await withMetainfo(
      { persistent: { P: "1" }, transient: { T: "2" } },
      () => client.echo({}, { timeout: 3000, metadata: { plain: "x" } }),
    );
  }
  const values = (
    ctx: ServerContext,
  ) => [ctx.metainfo.persistent.get("P"), ctx.metainfo.transient.get("T"), ctx.metadata.get("plain")];
  assertEquals(seen.map(values), [["1", undefined, undefined], ["1", "2", undefined]]);
  for (const { deadline } of seen) assert(deadline !== undefined && deadline - Date.now() <= 3000);
});

Deno.test("cancelling a call cancels the calls of its handler", async () => {
  const transport = memoryTransport();
  const cancelled = Promise.withResolvers<void>();
  const arrived = Promise.withResolvers<void>();
  await using _last = await serve(transport, "last", async (_req, { signal }) => {
    arrived.resolve();
    await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve()));
    cancelled.resolve();
    throw signal.reason;
  });
  await using next = createClient(EchoService, { address: "memory:last", transport, logger: logger() });
  await using _first = await serve(transport, "first", (req) => next.echo(req));
  await using client = createClient(EchoService, { address: "memory:first", transport, logger: logger() });
  const controller = new AbortController();
  const call = client.echo({}, { signal: controller.signal });
  await arrived.promise;
  controller.abort();
  assertEquals((await assertRejects(() => call, RpcError)).code, Status.CANCELLED);
  await cancelled.promise;
});

Deno.test("calls use all instances in round-robin order, and a new one once it is connected", async () => {
  const transport = memoryTransport();
  const registry = memoryRegistry();
  const start = (name: string) => serve(transport, name, () => ({ resp: name }), { registry });
  await using _a = await start("a");
  await using _b = await start("b");
  await using client = createClient(EchoService, {
    name: "echoservice",
    resolver: registry,
    transport,
    logger: logger(),
  });
  await client.echo({});
  const count = async () => {
    const counts: Record<string, number> = {};
    for (let i = 0; i < 30; i++) {
      const { resp } = await client.echo({});
      counts[resp] = (counts[resp] ?? 0) + 1;
    }
    return counts;
  };
  assertEquals(await count(), { a: 15, b: 15 });
  {
    await using _c = await start("c");
    await until(() => clientState(client).instances.every(({ state }) => state === "ready"), "c is connected");
    assertEquals(await count(), { a: 10, b: 10, c: 10 });
  }
  assertEquals(await count(), { a: 15, b: 15 });
});

Deno.test("a client finds a server again that was started anew", async () => {
  const transport = memoryTransport();
  await using client = createClient(EchoService, { address: "memory:x", transport, logger: logger() });
  for (let i = 0; i < 3; i++) {
    await using _server = await serve(transport, "x", () => ({ resp: `${i}` }));
    const end = Date.now() + 3000;
    let reply: string | undefined;
    while (reply === undefined && Date.now() < end) {
      reply = await client.echo({}).then(
        ({ resp }) => resp,
        () => new Promise((resolve) => setTimeout(() => resolve(undefined), 10)),
      );
    }
    assertEquals(reply, `${i}`);
  }
});

Deno.test("UNAVAILABLE names the service and why", async () => {
  const transport = memoryTransport();
  await using nowhere = createClient(EchoService, { address: "memory:nobody", transport, logger: logger() });
  const error = await assertRejects(() => nowhere.echo({}), RpcError);
  assertEquals(error.code, Status.UNAVAILABLE);
  assertStringIncludes(error.message, "/echo.EchoService/Echo");
  assertStringIncludes(error.message, "memory:nobody");
  await using empty = createClient(EchoService, {
    name: "ghosts",
    resolver: memoryRegistry(),
    transport,
    logger: logger(),
  });
  const none = await assertRejects(() => empty.echo({}, { timeout: 500 }), RpcError);
  assertStringIncludes(none.message, none.code === Status.UNAVAILABLE ? "ghosts" : "deadline");
});

Deno.test("a reply of the wrong shape is INTERNAL, and the log names the field", async () => {
  const transport = memoryTransport();
  const lines: string[] = [];
  await using _server = await serve(transport, "x", () => ({ resp: 5 as unknown as string }), {
    logger: logger(lines),
  });
  await using client = createClient(EchoService, { address: "memory:x", transport, logger: logger() });
  const error = await assertRejects(() => client.echo({}), RpcError);
  assertEquals(error.code, Status.INTERNAL);
  assertMatch(error.rawMessage, HIDDEN_TEXT);
  assertStringIncludes(lines.join("\n"), "echo.Resp.resp: expected a string, got 5");
});

Deno.test("an unknown service or method is UNIMPLEMENTED and named", async () => {
  const transport = memoryTransport();
  await using _server = await serve(transport, "x", () => ({ resp: "" }));
  await using client = createClient(Kinds, { address: "memory:x", transport, logger: logger() });
  const error = await assertRejects(() => client.unary({}), RpcError);
  assertEquals([error.code, error.rawMessage], [Status.UNIMPLEMENTED, "unknown service dinokit.test.Kinds"]);
});

Deno.test("middleware wraps all four kinds of call on both sides, the first outermost", async () => {
  const transport = memoryTransport();
  const seen: string[] = [];
  const server = createServer({ name: "kinds", address: "memory:k", transport, logger: logger() });
  server.use(async (call, next) => (seen.push(`outer ${call.method.name}`), await next(call)));
  server.use(async (call, next) => (seen.push(`inner ${call.context.method}`), await next(call)));
  server.add(Kinds, kindsHandlers());
  await server.start();
  await using _stop = server;
  await using client = createClient(Kinds, {
    address: "memory:k",
    transport,
    logger: logger(),
    middleware: [async (call, next) => (seen.push(`client ${call.method.kind}`), await next(call))],
  });
  async function* one() {
    yield { text: "a" };
  }
  await client.unary({});
  await client.clientStream(one());
  for await (const _ of client.serverStream({ count: 1 }));
  for await (const _ of client.bidi(one()));
  assertEquals(seen, [
    ...["client unary", "outer Unary", "inner Unary"],
    ...["client client_streaming", "outer ClientStream", "inner ClientStream"],
    ...["client server_streaming", "outer ServerStream", "inner ServerStream"],
    ...["client bidi", "outer Bidi", "inner Bidi"],
  ]);
});

Deno.test("a server registers once it serves, and leaves the registry before it drains", async () => {
  const transport = memoryTransport();
  const life: string[] = [];
  const registry: Registry = {
    permissions: [],
    register({ name, address, weight }): Lease {
      life.push(`register ${name} at ${address} with ${weight}`);
      return { registered: Promise.resolve(), release: () => (life.push("release"), Promise.resolve()) };
    },
  };
  const release = Promise.withResolvers<void>();
  const called = Promise.withResolvers<void>();
  const server = await serve(transport, "x", async () => {
    called.resolve();
    await release.promise;
    life.push("call ends");
    return { resp: "done" };
  }, { registry, weight: 5 });
  await using client = createClient(EchoService, { address: "memory:x", transport, logger: logger() });
  const call = client.echo({});
  await called.promise;
  const stopped = server.stop().then(() => life.push("stopped"));
  release.resolve();
  assertEquals(await call, { resp: "done" });
  await stopped;
  assertEquals(life, ["register echoservice at memory:x with 5", "release", "call ends", "stopped"]);
});

Deno.test("stop() cuts calls that do not end within drainTimeout, and at once with force", async () => {
  for (const force of [false, true]) {
    const transport = memoryTransport();
    const called = Promise.withResolvers<void>();
    const server = await serve(transport, "x", async (_req, { signal }) => {
      called.resolve();
      await new Promise((resolve) => signal.addEventListener("abort", resolve));
      throw signal.reason;
    }, { drainTimeout: force ? 60_000 : 50 });
    await using client = createClient(EchoService, { address: "memory:x", transport, logger: logger() });
    const call = assertRejects(() => client.echo({}), RpcError);
    await called.promise;
    await server.stop({ force });
    assertEquals((await call).code, Status.UNAVAILABLE);
    await server.finished;
  }
});

Deno.test("add() names a handler that is missing or misspelt, and a service that is there already", () => {
  const server = createServer({ name: "x", address: "memory:x", transport: memoryTransport(), logger: logger() });
  const add = (handlers: unknown) => () => server.add(EchoService, handlers as Handlers<typeof EchoService>);
  assertThrows(add({ ecko: () => ({}) }), TypeError, `echo.EchoService has no method "ecko"; did you mean "echo"?`);
  assertThrows(add({}), TypeError, `the handler "echo" of echo.EchoService is missing`);
  add({ echo: () => ({}) })();
  assertThrows(add({ echo: () => ({}) }), TypeError, "echo.EchoService was added already");
});

Deno.test("invalid options are rejected at once, and named", () => {
  const server = (options: object) => () =>
    createServer({ name: "x", address: "memory:x", transport: memoryTransport(), ...options });
  assertThrows(server({ adress: "a:1" }), TypeError, "adress is not an option; did you mean address?");
  assertThrows(server({ name: "" }), TypeError, "name is");
  assertThrows(server({ address: "nowhere" }), TypeError, "createServer: address");
  assertThrows(server({ drainDelay: -1 }), RangeError, "drainDelay is -1");
  assertThrows(server({ weight: "5" }), TypeError, "weight");
  assertThrows(server({ limits: { metadataByte: 1 } }), TypeError, "did you mean limits.metadataBytes?");
  assertThrows(server({ limits: { metadataBytes: 0 } }), RangeError, "limits.metadataBytes is 0");
  assertThrows(server({ transport: "http3" }), TypeError, `transport is "http3"`);
  const client = (options: object) => () => createClient(EchoService, { transport: memoryTransport(), ...options });
  assertThrows(client({}), TypeError, `give either "address", or "name" and "resolver"`);
  assertThrows(client({ address: "127.0.0.1:0" }), TypeError, 'use "host:port" with a port from 1');
  assertThrows(client({ address: [] }), TypeError, "empty list");
  assertThrows(client({ resolver: memoryRegistry() }), TypeError, `needs the service's "name"`);
  assertThrows(client({ address: "memory:x", timeout: 0 }), RangeError, "timeout is 0");
});
