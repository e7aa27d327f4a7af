import { mock } from "node:test";
import { assert, assertEquals, assertMatch, assertRejects, assertStringIncludes, assertThrows } from "@std/assert";
import { createClient } from "../client/client.ts";
import { EchoService, Req, Resp } from "../proto/echo.ts";
import { Health } from "../proto/grpc/health/v1/health.ts";
import { ServerReflection } from "../proto/grpc/reflection/v1/reflection.ts";
import { consul } from "../registry/consul/consul.ts";
import type { Registry } from "../registry/registry.ts";
import { RpcError } from "../rpc/error.ts";
import { createLogger } from "../base/logger.ts";
import type { Service, Unary } from "../rpc/service.ts";
import { Status } from "../rpc/status.ts";
import { HIDDEN_TEXT, kindsHandlers } from "../tests/kinds.ts";
import { needs } from "../tests/needs.ts";
import { until } from "../tests/observe.ts";
import { Kinds } from "../tests/proto/kinds.ts";
import { memoryTransport } from "../transport/memory/mod.ts";
import type { Transport } from "../transport/transport.ts";
import type { ServerOptions } from "./options.ts";
import { createServer, createServerThatCloses } from "./create_server.ts";
import type { Server } from "./server.ts";
import { grpcJs } from "../transport/grpc_js/mod.ts";

const silent = createLogger("silent");

function make(transport: Transport, more: Partial<ServerOptions> = {}): Server {
  return createServer({ name: "echo", address: "memory:x", transport, logger: silent, drainDelay: 0, ...more });
}

const echo = { echo: (req: Req) => ({ resp: req.mes }) };
const echoClient = (transport: Transport) =>
  createClient(EchoService, { address: "memory:x", transport, logger: silent });

/** A registry that records its calls. */
function recorder(life: string[], released: Promise<void> = Promise.resolve()): Registry {
  return {
    permissions: [],
    register({ name, address, healthUrl }) {
      life.push(`register ${name} ${address}${healthUrl ? " with health" : ""}`);
      return { registered: Promise.resolve(), release: () => (life.push("release"), released) };
    },
  };
}

Deno.test("maintenance() calls the registry, and throws without a registry that has this mode", async () => {
  const reasons: (string | undefined)[] = [];
  const lease = { registered: Promise.resolve(), release: () => Promise.resolve() };
  const maintain = (reason: string | undefined) => void reasons.push(reason);
  const started = async (registry?: Registry) => {
    const server = make(memoryTransport(), { registry }).add(EchoService, echo);
    assertThrows(() => server.maintenance("x"), TypeError, "server.maintenance: there is no registration");
    await server.start();
    return server;
  };
  await using server = await started({ permissions: [], register: () => ({ ...lease, maintain }) });
  server.maintenance("a new disk");
  server.maintenance(undefined);
  assertEquals(reasons, ["a new disk", undefined]);
  await using plain = await started();
  assertThrows(() => plain.maintenance("x"), TypeError, "server.maintenance: there is no registration");
  await using simple = await started({ permissions: [], register: () => lease });
  assertThrows(() => simple.maintenance("x"), TypeError, "server.maintenance: the registry has no maintenance mode");
});

Deno.test("stop() leaves the registry, takes calls for drainDelay, then lets in-flight calls end", async () => {
  const transport = memoryTransport();
  const life: string[] = [];
  const hold = Promise.withResolvers<void>();
  const server = make(transport, { registry: recorder(life), drainDelay: 150 }).add(EchoService, {
    async echo({ mes }) {
      if (mes === "hold") await hold.promise;
      return { resp: mes };
    },
  });
  await server.start();
  await using client = echoClient(transport);
  const held = client.echo({ mes: "hold" });
  const stopped = server.stop().then(() => life.push("stopped"));
  assertEquals((await client.echo({ mes: "late" })).resp, "late");
  life.push("answered while it drains");
  const error = await until(
    () => client.echo({}, { timeout: 1000 }).then(() => undefined, (error) => error as RpcError),
    "no calls are taken any more",
  );
  assertEquals(error.code, Status.UNAVAILABLE);
  hold.resolve();
  assertEquals((await held).resp, "hold");
  await stopped;
  assertEquals(life, ["register echo memory:x", "release", "answered while it drains", "stopped"]);
});

needs(
  [{ name: "net" }],
  "health answers 503 before the server leaves the registry, and is gone at the end",
  async () => {
    const released = Promise.withResolvers<void>();
    const life: string[] = [];
    const server = make(memoryTransport(), {
      registry: recorder(life, released.promise),
      health: { address: "127.0.0.1:0" },
    }).add(EchoService, echo);
    await server.start();
    const health = async () => {
      const response = await fetch(`http://${server.healthAddress}/health`);
      return [response.status, (await response.json()).status];
    };
    assertEquals(await health(), [200, "serving"]);
    const stopped = server.stop();
    assertEquals([await health(), life], [[503, "draining"], ["register echo memory:x with health", "release"]]);
    released.resolve();
    await stopped;
    await assertRejects(health, TypeError);
  },
);

Deno.test("all calls of stop() wait for the same stop, also before a start", async () => {
  const server = make(memoryTransport()).add(EchoService, echo);
  await server.start();
  await Promise.all([server.stop(), server.stop(), server[Symbol.asyncDispose](), server.finished]);
  await server.stop();
  const never = make(memoryTransport()).add(EchoService, echo);
  await never.stop();
  await assertRejects(() => never.start(), TypeError, "server.start: the server was stopped");
});

Deno.test("start() and run() reject after stop(), because a server starts once", async () => {
  const server = make(memoryTransport()).add(EchoService, echo);
  await server.start();
  await server.stop();
  await assertRejects(() => server.start(), TypeError, "server.start: the server was stopped; make a new one");
  await assertRejects(() => server.run(), TypeError, "server.start: the server was stopped");
});

needs(
  [{ name: "net" }, { name: "read" }, { name: "write" }],
  "a registration that the registry does not accept is rejected before the server listens",
  async () => {
    const wrong = async (options: Partial<ServerOptions>, text: string) => {
      const deaf = { ...memoryTransport(), listen: () => Promise.reject(new Error("it listened")) };
      const server = make(deaf, { registry: consul("127.0.0.1:8500"), ...options }).add(EchoService, echo);
      await assertRejects(() => server.start(), Error, text);
    };
    const address = "127.0.0.1:0";
    await wrong({ address, name: "echo service" }, `consul: name is "echo service"`);
    await wrong({ address: "unix:/run/echo.sock" }, "can't be registered: Consul holds a host and a port");
    await wrong({ address, weight: 1.5 }, "consul: weight is 1.5");
    await wrong({ address }, "it listened");
  },
);

Deno.test("force ends a stop that waits for its registry, its delay or its calls", async () => {
  const transport = memoryTransport();
  const life: string[] = [];
  const registry = recorder(life, new Promise(() => {}));
  const entered = Promise.withResolvers<void>();
  const late = Promise.withResolvers<void>();
  const server = make(transport, { registry, drainDelay: 60_000, drainTimeout: 60_000 }).add(EchoService, {
    async echo() {
      entered.resolve();
      await late.promise; // ignores its signal
      return {};
    },
  });
  await server.start();
  await using client = echoClient(transport);
  const call = assertRejects(() => client.echo({}), RpcError);
  await entered.promise;
  const stopped = server.stop();
  await server.stop({ force: true });
  await stopped;
  assertEquals((await call).code, Status.UNAVAILABLE);
  late.resolve(); // the late reply is dropped without harm
});

Deno.test("stop() during a start closes the resources that the start opened, and the start rejects", async () => {
  const inner = memoryTransport();
  const go = Promise.withResolvers<void>();
  const transport: Transport = { ...inner, listen: (options) => go.promise.then(() => inner.listen(options)) };
  const life: string[] = [];
  const server = make(transport, { registry: recorder(life) }).add(EchoService, echo);
  const started = assertRejects(() => server.start(), Error, `the server "echo" was stopped while it started`);
  const stopped = server.stop();
  go.resolve();
  await started;
  await stopped;
  assertEquals(life, []);
  await using again = make(inner).add(EchoService, echo); // the address must be free
  await again.start();
});

Deno.test("a registry that never releases delays stop() by at most 3 s", async () => {
  const registry = recorder([], new Promise(() => {}));
  const server = make(memoryTransport(), { registry }).add(EchoService, echo);
  await server.start();
  mock.timers.enable({ apis: ["setTimeout"] });
  try {
    let stopped = false;
    const stopping = server.stop().then(() => stopped = true);
    mock.timers.tick(2999);
    for (let i = 0; i < 20; i++) await Promise.resolve();
    assertEquals(stopped, false);
    for (let i = 0; i < 20 && !stopped; i++) {
      mock.timers.tick(1);
      await Promise.resolve();
    }
    await stopping;
  } finally {
    mock.timers.reset();
  }
});

Deno.test("a failed start leaves nothing open, and rejects all callers with the same error", async () => {
  const transport = memoryTransport();
  await using first = make(transport).add(EchoService, echo);
  await first.start();
  const second = make(transport).add(EchoService, echo);
  const error = await assertRejects(() => second.start(), Deno.errors.AddrInUse, "memory:x");
  assert(error === await assertRejects(() => second.finished));
  assert(error === await assertRejects(() => second.start()));
  await second.stop();

  const refusing: Registry = {
    permissions: [],
    register() {
      throw new TypeError("no such name");
    },
  };
  const third = make(transport, { address: "memory:y", registry: refusing }).add(EchoService, echo);
  await assertRejects(() => third.start(), TypeError, "no such name");
  await using again = make(transport, { address: "memory:y" }).add(EchoService, echo);
  await again.start();
});

Deno.test("a server without a service does not start, and the error suggests a fix", async () => {
  await assertRejects(() => make(memoryTransport()).start(), TypeError, "add a service first");
});

Deno.test("add() and use() name a malformed argument and the allowed form", () => {
  const server = make(memoryTransport());
  const text = "server.add: handlers is missing; give an object with a function for each method of echo.EchoService";
  assertThrows(() => server.add(EchoService, undefined as never), TypeError, text);
  assertThrows(() => server.use("x" as never), TypeError, `server.use: middleware is "x"; use a function (call, next)`);
});

Deno.test("add() and use() throw after start()", async () => {
  await using server = make(memoryTransport()).add(EchoService, echo);
  await server.start();
  assertThrows(() => server.add(Kinds, kindsHandlers()), TypeError, "dinokit.test.Kinds was added after the start");
  assertThrows(() => server.use((call, next) => next(call)), TypeError, "the server was started");
});

Deno.test("an unknown method of a known service is UNIMPLEMENTED, and the message names it", async () => {
  const transport = memoryTransport();
  await using server = make(transport).add(EchoService, echo);
  await server.start();
  const path = "/echo.EchoService/Nope";
  const Other: Service<{ nope: Unary<Req, Resp> }> = {
    typeName: "echo.EchoService",
    methods: { nope: { name: "Nope", path, kind: "unary", request: Req, response: Resp } },
  };
  await using client = createClient(Other, { address: "memory:x", transport, logger: silent });
  const error = await assertRejects(() => client.nope({}), RpcError);
  assertEquals([error.code, error.rawMessage], [
    Status.UNIMPLEMENTED,
    "unknown method Nope of service echo.EchoService",
  ]);
});

Deno.test("an invalid request is rejected, and the handler is not called", async () => {
  const transport = memoryTransport();
  let called = false;
  await using server = make(transport).add(EchoService, { echo: () => (called = true, {}) });
  await server.start();
  const garbage = { ...Req, typeName: "echo.Req", encode: () => new Uint8Array([0x0a, 200]), decode: Req.decode };
  const methods = { echo: { ...EchoService.methods.echo, request: garbage } };
  await using client = createClient({ typeName: "echo.EchoService", methods }, {
    address: "memory:x",
    transport,
    logger: silent,
  });
  const error = await assertRejects(() => client.echo({}), RpcError);
  assertEquals([error.code, error.rawMessage, called], [Status.INTERNAL, "the request is not a valid echo.Req", false]);
});

Deno.test("a malformed handler causes INTERNAL, and the log explains it; the server keeps serving", async () => {
  const transport = memoryTransport();
  const lines: string[] = [];
  await using server = make(transport, { logger: createLogger("error", (line) => lines.push(line)) }).add(Kinds, {
    ...kindsHandlers(),
    unary: () => undefined as never,
    serverStream: () => [{ text: "an array" }] as never,
  });
  await server.start();
  await using client = createClient(Kinds, { address: "memory:x", transport, logger: silent });
  assertMatch((await assertRejects(() => client.unary({}), RpcError)).rawMessage, HIDDEN_TEXT);
  const stream = async () => {
    for await (const _ of client.serverStream({}));
  };
  assertMatch((await assertRejects(stream, RpcError)).rawMessage, HIDDEN_TEXT);
  assertStringIncludes(lines[0]!, "dinokit.test.Msg");
  assertStringIncludes(lines[1]!, "the handler of /dinokit.test.Kinds/ServerStream returned no AsyncIterable");
  async function* one() {
    yield { text: "a" };
  }
  assertEquals((await client.clientStream(one())).text, "a");
});

Deno.test("the log has the faults of handlers with their causes, but not the errors of callers", async () => {
  const transport = memoryTransport();
  const lines: string[] = [];
  const logger = createLogger("warn", (line) => lines.push(line));
  const codes = [Status.INTERNAL, Status.UNKNOWN, Status.DATA_LOSS, Status.NOT_FOUND, Status.UNAVAILABLE];
  await using server = make(transport, { logger }).add(EchoService, {
    echo({ mes }) {
      throw new RpcError(Number(mes), "no answer", { cause: new Error("the password of db1 is wrong") });
    },
  });
  await server.start();
  await using client = echoClient(transport);
  for (const code of codes) {
    const error = await assertRejects(() => client.echo({ mes: `${code}` }), RpcError);
    assertEquals([error.code, error.rawMessage], [code, "no answer"]);
  }
  assertEquals(lines.length, 3, lines.join("\n"));
  for (const line of lines) assertStringIncludes(line, "the password of db1 is wrong");
  lines.length = 0;
  const garbage = { ...Req, typeName: "echo.Req", encode: () => new Uint8Array([0x0a, 200]), decode: Req.decode };
  const methods = { echo: { ...EchoService.methods.echo, request: garbage } };
  const service = { typeName: "echo.EchoService", methods };
  await using evil = createClient(service, { address: "memory:x", transport, logger: silent });
  assertEquals((await assertRejects(() => evil.echo({}), RpcError)).code, Status.INTERNAL);
  assertEquals(lines, []);
});

Deno.test("for any value that a handler or middleware throws, the caller gets a status and the server keeps serving", async () => {
  const transport = memoryTransport();
  const hostile = new Proxy(new Error("x"), {
    get() {
      throw new Error("a trap");
    },
  });
  const thrown: unknown[] = [undefined, null, 5, "text", Symbol("s"), Object.create(null), hostile];
  await using server = make(transport).add(EchoService, {
    echo({ mes }) {
      if (mes === "") return { resp: "fine" };
      throw thrown[Number(mes)];
    },
  });
  await server.start();
  await using client = echoClient(transport);
  for (const index of thrown.keys()) {
    const error = await assertRejects(() => client.echo({ mes: `${index}` }, { timeout: 2000 }), RpcError);
    assertEquals([index, error.code], [index, Status.INTERNAL]);
    assertMatch(error.rawMessage, HIDDEN_TEXT);
  }
  assertEquals((await client.echo({})).resp, "fine");
});

Deno.test("handlers may be methods that use this", async () => {
  const transport = memoryTransport();
  class Greeter {
    greeting = "hello";
    echo({ mes }: Req) {
      return { resp: `${this.greeting}, ${mes}` };
    }
  }
  await using server = make(transport).add(EchoService, new Greeter());
  await server.start();
  await using client = echoClient(transport);
  assertEquals((await client.echo({ mes: "world" })).resp, "hello, world");
});

Deno.test("allowMetainfo accepts only the keys that it names", async () => {
  const transport = memoryTransport();
  let keys: string[] = [];
  await using server = make(transport, { allowMetainfo: ["client-name"] }).add(EchoService, {
    echo: (_req, { metainfo }) => (keys = [...metainfo.persistent.keys(), ...metainfo.transient.keys()], {}),
  });
  await server.start();
  await using client = echoClient(transport);
  await client.echo({}, { metainfo: { persistent: { CLIENT_NAME: "a", ADMIN: "1" }, transient: { X: "1" } } });
  assertEquals(keys, ["CLIENT_NAME"]);
});

Deno.test("createServer() names the invalid option, its value and the allowed form", () => {
  const wrong = (options: object, type: typeof TypeError | typeof RangeError, text: string) =>
    assertThrows(() => make(memoryTransport(), options as Partial<ServerOptions>), type, `createServer: ${text}`);
  wrong({ name: undefined }, TypeError, "name is missing; give the service's name");
  wrong({ address: undefined }, TypeError, 'address is missing; give "host:port"');
  wrong(
    { address: "1.2.3.4:99999" },
    TypeError,
    `address is "1.2.3.4:99999"; use "host:port" with a port from 0 to 65535`,
  );
  wrong({ advertise: "me" }, TypeError, `advertise is "me"; use "host:port" with a port`);
  wrong({ compression: "br" }, TypeError, `compression is "br"; use identity, gzip or deflate`);
  wrong(
    { tls: { cert: "cert.pem", key: "key.pem" } },
    TypeError,
    "tls.cert holds no certificate; give the PEM text",
  );
  wrong({ health: { address: "unix:/x" } }, TypeError, `health.address is "unix:/x"; use "host:port"`);
  wrong(
    { address: "a:1", health: { address: "a:1" } },
    TypeError,
    "health.address is a:1, where the calls go too; give",
  );
  wrong(
    { health: { address: "a:1", check: {} } },
    TypeError,
    "health.check is not an option; did you mean health.checks?",
  );
  wrong({ health: { address: "a:1", checkTimeout: 0 } }, RangeError, "health.checkTimeout is 0");
  wrong({ health: "a:1" }, TypeError, `health is "a:1"; use { address: "127.0.0.1:8889" }`);
  wrong({ registry: "a:1" }, TypeError, `registry is "a:1"; use consul("127.0.0.1:8500")`);
  wrong({ registry: {} }, TypeError, "registry has no function register");
  wrong({ dropPermissions: "yes" }, TypeError, `dropPermissions is "yes"; use true or false`);
  wrong({ tls: "x" }, TypeError, `tls is "x"; use { cert, key } with the PEM texts`);
  wrong({ logger: {} }, TypeError, 'logger has no function debug; use createLogger("info"), or console');
  wrong({ tags: "zone:a" }, TypeError, `tags is "zone:a"; use { zone: "a" }`);
  wrong({ meta: { owner: 5 } }, TypeError, "meta.owner is 5; use a text");
  wrong({ limits: 5 }, TypeError, "limits is 5; use { receiveMessageBytes: 4194304 }");
  wrong(
    { allowMetainfo: "CLIENT_NAME" },
    TypeError,
    `allowMetainfo is "CLIENT_NAME"; use a list of keys, for example ["CLIENT_NAME"]`,
  );
  wrong({ transport: {} }, TypeError, "transport has no function listen; use one such as memoryTransport()");
  assertThrows(() => createServer(undefined as never), TypeError, "createServer: options is undefined; use { name:");
  wrong({ weight: 0 }, RangeError, "weight is 0; use a number of at least 1");
  wrong({ drainTimeout: Infinity }, RangeError, "drainTimeout is Infinity");
  wrong({ drainTimeout: "1s" }, TypeError, `drainTimeout is "1s"; use a number`);
});

Deno.test("createServer() rejects options that do not work with workers", () => {
  const wrong = (options: Partial<ServerOptions>, type: typeof TypeError | typeof RangeError, text: string) =>
    assertThrows(
      () => createServer({ name: "echo", address: "127.0.0.1:0", workers: 2, ...options }),
      type,
      `createServer: ${text}`,
    );
  for (const workers of [0, -1, 1.5, NaN, Infinity]) wrong({ workers }, RangeError, `workers is ${workers}; use a`);
  for (const workers of ["2", null, {}]) wrong({ workers: workers as never }, TypeError, "workers");
  wrong(
    { workers: { count: 2, permission: {} } as never },
    TypeError,
    "workers: permission is not an option; did you mean permissions?",
  );
  wrong({ transport: memoryTransport() }, TypeError, `workers share a port, which the transport "memory" can't`);
  wrong({ transport: grpcJs() }, TypeError, `workers share a port, which the transport "grpc-js" can't`);
  wrong({ address: "unix:/run/echo.sock" }, TypeError, "workers share a port, and unix:/run/echo.sock has none");
  wrong({ dropPermissions: true }, TypeError, "dropPermissions would take from the main thread");
});

Deno.test("no status repeats a long text of the caller: a path, a service, a symbol", async () => {
  const transport = memoryTransport();
  await using server = make(transport, { reflection: true });
  await server.add(EchoService, echo).start();
  const name = "x".repeat(4000);
  const methods = { echo: { ...EchoService.methods.echo, path: `/echo.EchoService/${name}` } };
  const stranger = { echo: { ...EchoService.methods.echo, path: `/${name}/Echo` } };
  for (const served of [methods, stranger]) {
    await using client = createClient({ ...EchoService, methods: served }, {
      address: "memory:x",
      transport,
      logger: silent,
    });
    const error = await assertRejects(() => client.echo({}), RpcError);
    assertEquals(error.code, Status.UNIMPLEMENTED);
    assert(error.rawMessage.length < 200);
  }
  await using health = createClient(Health, { address: "memory:x", transport, logger: silent });
  assert((await assertRejects(() => health.check({ service: name }), RpcError)).rawMessage.length < 200);
  await using reflection = createClient(ServerReflection, { address: "memory:x", transport, logger: silent });
  async function* ask() {
    yield { messageRequest: { case: "fileContainingSymbol", value: name } as const };
  }
  for await (const { messageResponse } of reflection.serverReflectionInfo(ask())) {
    assert(messageResponse?.case === "errorResponse" && messageResponse.value.errorMessage.length < 200);
  }
});

Deno.test("stop() does not wait for what belongs to the server longer than a second after the drain", async () => {
  const started = performance.now();
  const server = createServerThatCloses(
    {
      name: "echo",
      address: "memory:closes",
      transport: memoryTransport(),
      logger: silent,
      drainDelay: 0,
      drainTimeout: 0,
    },
    () => new Promise(() => {}),
  );
  server.add(EchoService, { echo: () => ({}) });
  await server.start();
  await server.stop();
  assert(performance.now() - started < 5000);
});
