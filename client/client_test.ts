import { assert, assertEquals, assertRejects, assertStringIncludes, assertThrows } from "@std/assert";
import { EchoService, type Req } from "../proto/echo.ts";
import type { Resolution, Resolver } from "../registry/registry.ts";
import type { ServerContext } from "../rpc/context.ts";
import { withMetainfo } from "../rpc/context.ts";
import { RpcError } from "../rpc/error.ts";
import { createLogger } from "../base/logger.ts";
import { Status } from "../rpc/status.ts";
import { createServer } from "../server/create_server.ts";
import { kindsHandlers } from "../tests/kinds.ts";
import { needs } from "../tests/needs.ts";
import { Kinds } from "../tests/proto/kinds.ts";
import { memoryTransport } from "../transport/memory/mod.ts";
import type { Transport } from "../transport/transport.ts";
import { createClient } from "./client.ts";
import type { ClientOptions } from "./options.ts";

const logger = createLogger("silent");

type Handler = (req: Req, ctx: ServerContext) => { resp?: string } | Promise<{ resp?: string }>;

async function serve(transport: Transport, name: string, echo: Handler = () => ({ resp: name })) {
  const server = createServer({ name: "echo", address: `memory:${name}`, transport, logger, drainDelay: 0 });
  await server.add(EchoService, { echo }).start();
  return server;
}

const client = (transport: Transport, address: string, more: Partial<ClientOptions> = {}) =>
  createClient(EchoService, { address, transport, logger, ...more });

/** A memory transport that counts how often somebody connects. */
function counting(): { transport: Transport; attempts: string[] } {
  const transport = memoryTransport();
  const attempts: string[] = [];
  return {
    attempts,
    transport: {
      ...transport,
      connect(options) {
        attempts.push(options.authority);
        return transport.connect(options);
      },
    },
  };
}

/** A resolver whose answers the test chooses. */
function told(): Resolver & { tell(resolution: Resolution): void; watches: number } {
  const listeners = new Set<(resolution: Resolution) => void>();
  return {
    permissions: [],
    get watches() {
      return listeners.size;
    },
    tell: (resolution) => listeners.forEach((listener) => listener(resolution)),
    watch(_name, listener) {
      listeners.add(listener);
      return { close: () => void listeners.delete(listener) };
    },
  };
}

const at = (...addresses: string[]): Resolution => ({
  instances: addresses.map((address) => ({ address, weight: 10, tags: new Map(), meta: new Map() })),
});

/** A transport whose connections never come, until the attempt is given up. */
const deaf: Transport = {
  ...memoryTransport(),
  connect: ({ signal }) => new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason))),
};

const failure = (call: () => Promise<unknown>) => assertRejects(call, RpcError);

Deno.test("a client connects at its first call, once for all calls to an instance", async () => {
  const { transport, attempts } = counting();
  await using _server = await serve(transport, "a");
  await using echo = client(transport, "memory:a");
  assertEquals(attempts, []);
  await Promise.all(Array.from({ length: 20 }, () => echo.echo({})));
  await echo.echo({});
  assertEquals(attempts, ["memory:a"]);
});

Deno.test("the :authority is the service's name if it was resolved by name", async () => {
  const { transport, attempts } = counting();
  await using _server = await serve(transport, "a");
  const resolver = told();
  await using echo = createClient(EchoService, { name: "echoservice", resolver, transport, logger });
  const call = echo.echo({});
  resolver.tell(at("memory:a"));
  assertEquals((await call).resp, "a");
  assertEquals(attempts, ["echoservice"]);
});

Deno.test("a deadline that has passed, or a signal that has aborted, ends a call before anything is sent", async () => {
  const { transport, attempts } = counting();
  await using echo = client(transport, "memory:a");
  for (const options of [{ deadline: Date.now() - 1 }, { deadline: new Date(0) }, { timeout: 0 }]) {
    const error = await failure(() => echo.echo({}, options));
    assertEquals([error.code, error.path], [Status.DEADLINE_EXCEEDED, "/echo.EchoService/Echo"]);
  }
  const why = new Error("enough");
  const error = await failure(() => echo.echo({}, { signal: AbortSignal.abort(why) }));
  assertEquals([error.code, error.cause === why], [Status.CANCELLED, true]);
  assertEquals(attempts, []);
});

Deno.test("waiting for a connection ends at the deadline, on abort, at connectTimeout, and when the client is closed", async () => {
  await using echo = client(deaf, "memory:a");
  assertEquals((await failure(() => echo.echo({}, { timeout: 20 }))).code, Status.DEADLINE_EXCEEDED);
  const signal = AbortSignal.timeout(20);
  assertEquals((await failure(() => echo.echo({}, { signal }))).code, Status.CANCELLED);

  await using hasty = client(deaf, "memory:a", { connectTimeout: 20 });
  const late = await failure(() => hasty.echo({}));
  assertEquals(late.code, Status.UNAVAILABLE);
  assertStringIncludes(late.rawMessage, "no connection: memory:a takes no connection within 20 ms");

  // More than a timer of the runtime takes.
  await using patient = client(deaf, "memory:a", { connectTimeout: 3_000_000_000 });
  assertEquals((await failure(() => patient.echo({}, { timeout: 20 }))).code, Status.DEADLINE_EXCEEDED);

  const closed = client(deaf, "memory:a");
  const call = failure(() => closed.echo({}));
  await new Promise((resolve) => setTimeout(resolve)); // the attempt is under way
  await closed[Symbol.asyncDispose]();
  assertEquals((await call).code, Status.UNAVAILABLE);
});

Deno.test("waiting for the resolver ends at the deadline, and when the client is closed", async () => {
  const resolver = told();
  const echo = createClient(EchoService, { name: "ghosts", resolver, transport: memoryTransport(), logger });
  assertEquals((await failure(() => echo.echo({}, { timeout: 20 }))).code, Status.DEADLINE_EXCEEDED);
  const call = failure(() => echo.echo({}));
  assertEquals(resolver.watches, 1);
  await echo[Symbol.asyncDispose]();
  assertEquals([(await call).code, resolver.watches], [Status.UNAVAILABLE, 0]);
});

Deno.test("no instance is UNAVAILABLE, and names the service and the resolver's error; the last list stays valid", async () => {
  const transport = memoryTransport();
  await using _server = await serve(transport, "a");
  const resolver = told();
  await using echo = createClient(EchoService, { name: "ghosts", resolver, transport, logger });
  const call = failure(() => echo.echo({}));
  resolver.tell(at());
  assertEquals((await call).rawMessage, "no instance of ghosts is known");
  resolver.tell({ instances: [], why: "none passes; is it registered?" });
  const { rawMessage } = await failure(() => echo.echo({}));
  assertEquals(rawMessage, "no instance of ghosts is known: none passes; is it registered?");
  resolver.tell({ error: new Error("Consul says 403") });
  assertEquals((await failure(() => echo.echo({}))).rawMessage, "no instance of ghosts is known: Consul says 403");
  resolver.tell(at("memory:a"));
  assertEquals((await echo.echo({})).resp, "a");
  resolver.tell({ error: new Error("Consul is down") });
  assertEquals((await echo.echo({})).resp, "a");
});

Deno.test("an unreachable instance is not tried again before its backoff ends, and others serve", async () => {
  const { transport, attempts } = counting();
  await using echo = client(transport, "memory:nobody");
  const error = await failure(() => echo.echo({}));
  assertEquals([error.code, error.path], [Status.UNAVAILABLE, "/echo.EchoService/Echo"]);
  await failure(() => echo.echo({}));
  assertEquals(attempts.length, 1);

  await using _server = await serve(transport, "a");
  await using both = createClient(EchoService, { address: ["memory:nobody", "memory:a"], transport, logger });
  for (let i = 0; i < 5; i++) assertEquals((await both.echo({})).resp, "a");
});

Deno.test("calls in flight on a removed instance end normally", async () => {
  const transport = memoryTransport();
  const hold = Promise.withResolvers<void>();
  const entered = Promise.withResolvers<void>();
  await using _a = await serve(transport, "a", async () => (entered.resolve(), await hold.promise, { resp: "a" }));
  await using _b = await serve(transport, "b");
  const resolver = told();
  await using echo = createClient(EchoService, { name: "echo", resolver, transport, logger });
  const held = echo.echo({});
  resolver.tell(at("memory:a"));
  await entered.promise;
  resolver.tell(at("memory:b"));
  assertEquals((await echo.echo({})).resp, "b");
  hold.resolve();
  assertEquals((await held).resp, "a");
});

Deno.test("a closed client also waits for calls on a removed instance", async () => {
  const transport = memoryTransport();
  const hold = Promise.withResolvers<void>();
  const entered = Promise.withResolvers<void>();
  await using _a = await serve(transport, "a", async () => (entered.resolve(), await hold.promise, { resp: "a" }));
  const resolver = told();
  const echo = createClient(EchoService, { name: "echo", resolver, transport, logger });
  const held = echo.echo({});
  resolver.tell(at("memory:a"));
  await entered.promise;
  resolver.tell(at());
  let closed = false;
  const closing = echo[Symbol.asyncDispose]().then(() => closed = true);
  await new Promise((resolve) => setTimeout(resolve, 20));
  assertEquals(closed, false);
  hold.resolve();
  assertEquals((await held).resp, "a");
  await closing;
});

Deno.test("a failed attempt to connect that no call awaits is handled", async () => {
  const attempt = Promise.withResolvers<never>();
  await using echo = client({ ...memoryTransport(), connect: () => attempt.promise }, "memory:a");
  assertEquals((await failure(() => echo.echo({}, { signal: AbortSignal.timeout(5) }))).code, Status.CANCELLED);
  assertEquals(
    (await failure(() => echo.echo({}, { timeout: 5 }))).message,
    "[DEADLINE_EXCEEDED] /echo.EchoService/Echo: the deadline passed before there was a connection to memory:a",
  );

  const resolver = told();
  await using late = createClient(EchoService, {
    name: "echo",
    resolver,
    transport: { ...memoryTransport(), connect: () => attempt.promise },
    logger,
  });
  const caller = new AbortController();
  const call = failure(() => late.echo({}, { signal: caller.signal }));
  resolver.tell(at("memory:a"));
  caller.abort(); // after the list has come and before the attempt begins
  assertEquals((await call).code, Status.CANCELLED);
  attempt.reject(new Error("refused"));
  await new Promise((resolve) => setTimeout(resolve)); // an unhandled rejection would end the process here
});

const SOCKET: Deno.PermissionDescriptor[] = [{ name: "read" }, { name: "write" }, { name: "net" }];

needs(SOCKET, "the :authority of a unix socket is localhost", async () => {
  const { transport, attempts } = counting();
  await using echo = client(transport, "unix:/nowhere/echo.sock");
  await failure(() => echo.echo({}));
  assertEquals(attempts, ["localhost"]);
});

Deno.test("a closed client lets calls in flight end, and rejects new ones", async () => {
  const transport = memoryTransport();
  const hold = Promise.withResolvers<void>();
  const entered = Promise.withResolvers<void>();
  await using _a = await serve(transport, "a", async () => (entered.resolve(), await hold.promise, { resp: "a" }));
  const echo = client(transport, "memory:a");
  const held = echo.echo({});
  await entered.promise;
  const closed = echo[Symbol.asyncDispose]();
  const error = await failure(() => echo.echo({}));
  assertEquals([error.code, error.rawMessage], [Status.UNAVAILABLE, "the client was closed"]);
  hold.resolve();
  assertEquals((await held).resp, "a");
  await closed;
  await echo[Symbol.asyncDispose]();
});

Deno.test("persistent values, deadline and cancellation propagate over two hops; a handler can add values", async () => {
  const transport = memoryTransport();
  const arrived = Promise.withResolvers<ServerContext>();
  const aborted = Promise.withResolvers<void>();
  await using _c = await serve(transport, "c", async (_req, ctx) => {
    ctx.signal.addEventListener("abort", () => aborted.resolve());
    arrived.resolve(ctx);
    await aborted.promise;
    throw ctx.signal.reason;
  });
  await using c = client(transport, "memory:c");
  await using _b = await serve(transport, "b", (req) => c.echo(req, { timeout: 60_000 }));
  await using b = client(transport, "memory:b");
  await using _a = await serve(transport, "a", (req) => withMetainfo({ persistent: { B: "2" } }, () => b.echo(req)));
  await using a = client(transport, "memory:a");
  const controller = new AbortController();
  const before = Date.now();
  const call = failure(() =>
    a.echo({}, {
      timeout: 5000,
      signal: controller.signal,
      metainfo: { persistent: { A: "1" }, transient: { T: "1" } },
    })
  );
  const { metainfo, deadline } = await arrived.promise;
  const { persistent: { REQUEST_ID, ...persistent }, ...rest } = {
    persistent: Object.fromEntries(metainfo.persistent),
    transient: Object.fromEntries(metainfo.transient),
  };
  assertEquals({ persistent, ...rest }, { persistent: { A: "1", B: "2" }, transient: {} });
  assert(REQUEST_ID);
  assert(deadline! >= before && deadline! <= before + 5500, `${deadline! - before} ms`);
  controller.abort();
  assertEquals((await call).code, Status.CANCELLED);
  await aborted.promise;
});

Deno.test("two calls at the same time never see each other's metainfo", async () => {
  const transport = memoryTransport();
  const read: Handler = async (_req, { metainfo }) => {
    await new Promise((resolve) => setTimeout(resolve, Math.random() * 5));
    return { resp: metainfo.persistent.get("ID") };
  };
  await using _b = await serve(transport, "b", read);
  await using b = client(transport, "memory:b");
  await using _a = await serve(transport, "a", (req) => b.echo(req));
  await using a = client(transport, "memory:a");
  const replies = await Promise.all(
    Array.from({ length: 50 }, (_, i) => withMetainfo({ persistent: { ID: `${i}` } }, () => a.echo({}))),
  );
  assertEquals(replies.map(({ resp }) => resp), Array.from({ length: 50 }, (_, i) => `${i}`));
});

Deno.test("an invalid option of a call fails it before anything is sent, and is named", async () => {
  const { transport, attempts } = counting();
  await using echo = client(transport, "memory:a");
  await assertRejects(() => echo.echo({}, { metadata: { "a b": "x" } }), TypeError, `metadata key "a b"`);
  await assertRejects(() => echo.echo({}, { metadata: { a: "x\r\ny" } }), TypeError, `metadata "a"`);
  await assertRejects(() => echo.echo({}, { metadata: { "grpc-timeout": "1S" } }), TypeError, "belongs to HTTP/2");
  await assertRejects(() => echo.echo({}, { metainfo: { persistent: { K: "a\nb" } } }), TypeError, `metainfo "K"`);
  await assertRejects(() => echo.echo({}, { timeout: -1 }), RangeError, "/echo.EchoService/Echo: timeout is -1");
  await assertRejects(() => echo.echo({}, { timeout: "1s" as unknown as number }), TypeError, `timeout is "1s"`);
  await assertRejects(() => echo.echo({}, { deadline: new Date("never") }), RangeError, "deadline is NaN");
  await assertRejects(() => echo.echo({ mes: 5 as unknown as string }), TypeError, "echo.Req.mes");
  await using kinds = createClient(Kinds, { address: "memory:a", transport, logger });
  assertThrows(() => kinds.serverStream({}, { timeout: -1 }), RangeError, "timeout is -1");
  await assertRejects(() => kinds.clientStream([] as never), TypeError, "the requests are no AsyncIterable");
  assertEquals(attempts, []);
});

Deno.test("an error of onHeader or onTrailer reaches the caller, and the client stays usable", async () => {
  const transport = memoryTransport();
  await using server = createServer({ name: "kinds", address: "memory:k", transport, logger });
  await server.add(Kinds, kindsHandlers()).start();
  await using kinds = createClient(Kinds, { address: "memory:k", transport, logger });
  const fail = () => {
    throw new RangeError("my own");
  };
  await assertRejects(() => kinds.unary({}, { onHeader: fail }), RangeError, "my own");
  await assertRejects(() => kinds.unary({}, { onTrailer: fail }), RangeError, "my own");
  assertEquals((await kinds.unary({ text: "still here" })).text, "still here");
});

Deno.test("a custom balancer chooses among the connected instances", async () => {
  const transport = memoryTransport();
  await using _a = await serve(transport, "a");
  await using _b = await serve(transport, "b");
  const offered = new Set<string>();
  await using echo = client(transport, "", {
    address: ["memory:a", "memory:b"],
    balancer: {
      pick(instances) {
        for (const { instance } of instances) offered.add(instance.address);
        return instances.find(({ instance }) => instance.address === "memory:b")!;
      },
    },
  });
  await echo.echo({});
  for (let i = 0; i < 5; i++) assertEquals((await echo.echo({})).resp, "b");
  assertEquals([...offered].sort(), ["memory:a", "memory:b"]);
});

Deno.test("a custom balancer that picks no candidate fails the call, also the first one", async () => {
  const transport = memoryTransport();
  await using _a = await serve(transport, "a");
  await using _b = await serve(transport, "b");
  for (const pick of [() => undefined, (all: readonly object[]) => ({ ...all[0] })]) {
    await using echo = client(transport, "", { address: ["memory:a", "memory:b"], balancer: { pick: pick as never } });
    // The balancer is asked once two are connected.
    for (let calls = 0;; calls++) {
      const error = await echo.echo({}).then(() => undefined, (error) => error);
      if (error === undefined && calls < 100) continue;
      assert(error instanceof TypeError);
      assertStringIncludes(error.message, "balancer.pick() returned none of its candidates");
      break;
    }
  }
});

Deno.test("createClient() names an invalid option, its value and what is allowed", () => {
  const transport = memoryTransport();
  const wrong = (options: object, type: typeof TypeError | typeof RangeError, text: string) =>
    assertThrows(() => createClient(EchoService, { transport, ...options }), type, `createClient: ${text}`);
  wrong({ adress: "a:1" }, TypeError, "adress is not an option; did you mean address?");
  wrong({ address: "a:1", resolver: told() }, TypeError, `give either "address", or "name" and "resolver"`);
  wrong({ name: "echo" }, TypeError, `give either "address", or "name" and "resolver"`);
  wrong({ resolver: told() }, TypeError, `"resolver" needs the service's "name"`);
  wrong({ name: "echo", resolver: "a:1" }, TypeError, `resolver is "a:1"; use consul("127.0.0.1:8500")`);
  wrong({ name: "echo", resolver: { watch() {} } }, TypeError, "resolver has no list permissions; use consul(");
  wrong({ name: 5, resolver: told() }, TypeError, "name is 5; use a text that is not empty");
  wrong({ address: 5 }, TypeError, `address is 5; use "host:port" with a port from 1 to 65535, or "unix:/path"`);
  wrong({ address: null }, TypeError, "address is null; use");
  wrong({ address: "memory:a", allowInjection: "no" }, TypeError, 'allowInjection is "no"; use true or false');
  wrong({ address: "memory:a", middleware: () => {} }, TypeError, "middleware is a function; use a list of functions");
  wrong({ address: "memory:a", middleware: ["x"] }, TypeError, `middleware[0] is "x"; use a function (call, next)`);
  wrong(
    { address: "memory:a", balancer: {} },
    TypeError,
    'balancer has no function pick; use "p2c", or an object with pick(candidates, call)',
  );
  assertThrows(
    () => createClient(EchoService, undefined as never),
    TypeError,
    "createClient: options is undefined; use {",
  );
  wrong({ address: "a" }, TypeError, `address is "a"; use "host:port" with a port from 1 to 65535, or "unix:/path"`);
  wrong({ address: ["memory:a", "b"] }, TypeError, `address[1] is "b"; use "host:port"`);
  wrong({ address: "memory:a", compression: "br" }, TypeError, `compression is "br"`);
  wrong({ address: "memory:a", connectTimeout: 0 }, RangeError, "connectTimeout is 0");
  wrong({ address: "memory:a", drainTimeout: -1 }, RangeError, "drainTimeout is -1");
  wrong({ address: "memory:a", timeout: "5s" }, TypeError, `timeout is "5s"`);
  wrong({ address: "memory:a", limits: { receiveMessageBytes: 0 } }, RangeError, "limits.receiveMessageBytes is 0");
  wrong({ address: "memory:a", transport: "quic" }, TypeError, `transport is "quic"`);
  wrong({ address: "memory:a", transport: {} }, TypeError, "transport has no function connect; use one such as");
  wrong({ address: "memory:a", limits: null }, TypeError, "limits is null; use {");
  wrong({ address: "memory:a", logger: {} }, TypeError, 'logger has no function debug; use createLogger("info")');
  wrong(
    { address: "memory:a", tls: "x" },
    TypeError,
    `tls is "x"; use {} for the authorities that Deno trusts, or { ca }`,
  );
  const pem = (tls: object, text: string) => wrong({ address: "memory:a", tls }, TypeError, text);
  pem({ serverNames: "a" }, "tls.serverNames is not an option; did you mean tls.serverName?");
  pem({ ca: "ca.pem" }, "tls.ca holds no certificate; give the PEM text of the file, not its name");
  pem({ cert: "cert.pem" }, "tls.cert and tls.key belong together; give both or none");
  pem({ cert: "cert.pem", key: "key.pem" }, "tls.cert holds no certificate");
  pem({ serverName: "" }, 'tls.serverName is ""; use the DNS name or the IP address');
});

Deno.test("a call rejects unknown options, and suggests the nearest one", async () => {
  const transport = memoryTransport();
  await using _server = await serve(transport, "a");
  await using echo = client(transport, "memory:a");
  const wrong = async (options: unknown, text: string) => {
    const error = await assertRejects(() => echo.echo({}, options as never), TypeError);
    assertEquals(error.message, `/echo.EchoService/Echo: ${text}`);
  };
  const names = "signal, timeout, deadline, metadata, metainfo, compression, onHeader, onTrailer, onBackward";
  await wrong({ timeuot: 5 }, "timeuot is not an option; did you mean timeout?");
  await wrong({ timeout: 5, retries: undefined }, "retries is not an option; options may have " + names);
  await wrong(500, "options is 500; use { timeout: 500 }");
  await wrong(null, "options is null; use { timeout: 500 }");
  await using kinds = createClient(Kinds, { address: "memory:a", transport, logger });
  assertThrows(
    () => kinds.serverStream({}, { metdata: {} } as never),
    TypeError,
    "/dinokit.test.Kinds/ServerStream: metdata is not an option; did you mean metadata?",
  );
});
