/**
 * Background work that fails: nothing of it is an unhandled rejection or an uncaught error, which would end the
 * process. Deno fails a test in which there is one.
 *
 * @module
 */

import { assertEquals, assertRejects } from "@std/assert";
import {
  consul,
  createClient,
  createServer,
  type Lease,
  type Logger,
  memoryTransport,
  type Registry,
  type Resolver,
  RpcError,
  type Transport,
} from "../mod.ts";
import { EchoService } from "../proto/echo.ts";
import { SharedWatches } from "../registry/shared_watches.ts";
import { Connection } from "../transport/http2/connection.ts";
import { Pump } from "../transport/grpc/sockets/pump.ts";
import type { Socket } from "../transport/grpc/sockets/socket.ts";
import { http2Limits } from "../transport/grpc/connection/http2_limits.ts";
import { limitsOf } from "../transport/limit_fields.ts";
import { fakeConsul } from "./fake_consul.ts";
import { needs } from "./needs.ts";
import { recordingLogger, until } from "./observe.ts";

const broken = () => {
  throw new Error("it is broken");
};
const rejecting = () => Promise.reject(new Error("it rejects")) as never;
const echo = { echo: ({ mes }: { mes: string }) => mes === "fail" ? broken() : { resp: mes } };
const turn = () => new Promise((resolve) => setTimeout(resolve, 5));

for (const [kind, write] of Object.entries({ throws: broken, rejects: rejecting })) {
  needs([{ name: "net" }, { name: "sys" }], `a logger that ${kind} stops no server and no client`, async () => {
    const logger: Logger = { debug: write, info: write, warn: write, error: write };
    await using agent = fakeConsul(() => new Response("no leader", { status: 500 }));
    const registry = consul(agent.address);
    const server = createServer({
      name: "echo",
      address: "127.0.0.1:0",
      logger,
      registry,
      drainDelay: 0,
      health: { address: "127.0.0.1:0", checks: { broken, rejecting } },
    });
    server.add(EchoService, echo);
    await server.start();
    await using lost = createClient(EchoService, { name: "echo", resolver: registry, logger, timeout: 2000 });
    await assertRejects(() => lost.echo({}), RpcError);
    await using client = createClient(EchoService, { address: server.address, logger });
    assertEquals((await client.echo({ mes: "x" })).resp, "x");
    await assertRejects(() => client.echo({ mes: "fail" }), RpcError, "internal error");
    assertEquals((await (await fetch(`http://${server.healthAddress}/health`)).json()).checks, {
      broken: "failed",
      rejecting: "failed",
    });
    using stranger = await Deno.connect({ hostname: "127.0.0.1", port: Number(server.address.split(":")[1]) });
    await stranger.write(new TextEncoder().encode("GET / HTTP/1.1\r\n\r\n"));
    await stranger.read(new Uint8Array(1000));
    await until(() => agent.requests.length > 6, "Consul is asked on and on");
    await server.stop();
  });
}

Deno.test("a registry that rejects where it may not does not stop the server, and is logged", async () => {
  const logger = recordingLogger();
  const lease: Lease = { registered: rejecting(), release: rejecting };
  const registry: Registry = { permissions: [], register: () => lease };
  const transport = memoryTransport();
  const server = createServer({ name: "echo", address: "memory:x", transport, logger, registry, drainDelay: 0 });
  server.add(EchoService, echo);
  await server.start();
  await until(() => logger.lines.includes("error: the server is not registered"), "it is logged");
  await server.stop();
  assertEquals(logger.lines.includes("error: the registry did not release the server"), true);
});

/** A transport whose promises reject where the contract says that they never do. */
function rejectingTransport(inner: Transport): Transport {
  return {
    ...inner,
    async connect(options) {
      const connection = await inner.connect(options);
      return {
        peer: connection.peer,
        closed: connection.closed.then(rejecting),
        start: (start) => {
          const call = connection.start(start);
          const send = (...args: Parameters<typeof call.send>) => (call.send(...args), rejecting());
          return {
            ...bound(call),
            send,
            get status() {
              return call.status;
            },
          };
        },
        close: async (force) => (await connection.close(force), rejecting()),
      };
    },
  };
}

const bound = (call: { receive(): unknown; end(): void; cancel(): void }) => ({
  receive: () => call.receive() as never,
  end: () => call.end(),
  cancel: () => call.cancel(),
});

Deno.test("a transport that rejects where it may not costs calls, not the process", async () => {
  const inner = memoryTransport();
  const logger = recordingLogger();
  const start = async () => {
    const server = createServer({ name: "echo", address: "memory:x", transport: inner, logger, drainDelay: 0 });
    server.add(EchoService, echo);
    await server.start();
    return server;
  };
  const client = createClient(EchoService, { address: "memory:x", transport: rejectingTransport(inner), logger });
  let server = await start();
  assertEquals((await client.echo({ mes: "x" })).resp, "x");
  await server.stop({ force: true });
  server = await start();
  await until(() => client.echo({ mes: "y" }).then(({ resp }) => resp === "y", () => false), "it is connected again");
  await Promise.resolve(client[Symbol.asyncDispose]()).catch(() => {});
  await server.stop();
  await turn();
});

Deno.test("a resolver that throws fails the calls, and is retried", async () => {
  let asked = 0;
  const resolver: Resolver = { permissions: [], watch: () => (asked++, broken()) };
  await using client = createClient(EchoService, { name: "x", resolver, transport: memoryTransport() });
  await assertRejects(() => client.echo({}), Error, "it is broken");
  await assertRejects(() => client.echo({}), Error, "it is broken");
  assertEquals(asked, 2);
});

Deno.test("a listener that throws keeps the other listeners of a shared watch from nothing", async () => {
  const logger = recordingLogger();
  const watches = new SharedWatches<number>();
  const told: number[] = [];
  let tell!: (value: number) => void;
  const open = (to: typeof tell) => (tell = to, { close() {} });
  watches.watch("a", open, broken, logger);
  watches.watch("a", open, (value) => told.push(value), logger);
  tell(1);
  watches.watch("a", open, broken, logger); // told in a later turn
  await turn();
  assertEquals([told, logger.lines.length], [[1], 2]);
});

Deno.test("a socket that fails in every way ends its connection, and nothing else", async () => {
  const ways: Record<string, Partial<Socket>> = {
    "read throws": { read: broken },
    "read rejects": { read: rejecting },
    "write throws": { write: broken },
    "write rejects": { write: rejecting },
    "closeWrite throws": { closeWrite: broken },
    "closeWrite rejects": { closeWrite: rejecting },
    "close throws": { close: broken, read: rejecting },
  };
  for (const [way, parts] of Object.entries(ways)) {
    let closed!: (end: null) => void;
    const socket: Socket = {
      read: () => new Promise((resolve) => closed = resolve),
      write: (bytes) => Promise.resolve(bytes.length),
      close: () => closed(null),
      ...parts,
    };
    const limits = http2Limits(limitsOf(), "client");
    const events = { onStream() {}, onLimit() {}, onClosed() {}, onGoAway() {}, onFailed() {} };
    const connection = new Connection("client", limits, events as never, { received: 0, queued: 0 });
    const pump = new Pump(socket, connection, () => {}, () => undefined);
    const ended = pump.run();
    await pump.answer(new Uint8Array(1));
    pump.end();
    pump.close("the test is over");
    assertEquals(typeof (await ended).text, "string", way);
  }
});
