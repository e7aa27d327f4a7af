/**
 * Servers with workers, as programs of their own.
 *
 * @module
 */

import { fileURLToPath } from "node:url";
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { createClient, createLogger, type Metadata, type RpcError, type ServerOptions, Status } from "../../mod.ts";
import { EchoService } from "../../proto/echo.ts";
import { Health, HealthCheckResponse_ServingStatus as Serving } from "../../proto/grpc/health/v1/health.ts";
import { makeAuthority } from "../certificates.ts";
import { type Child, startChild } from "../child.ts";
import { needs } from "../needs.ts";
import { until } from "../observe.ts";

const PERMISSIONS: Deno.PermissionDescriptor[] = ["run", "read", "write", "net", "env"].map((name) => ({
  name,
})) as never;
const PROGRAM = new URL("program.ts", import.meta.url);
const logger = createLogger("silent");

type Options = Partial<ServerOptions> & { nextTls?: unknown; unwell?: boolean };

/** A server, and clients that end with it. */
class Running extends AsyncDisposableStack {
  readonly child: Child;
  address = "";
  health = "";

  constructor(options: Options, flags?: readonly string[], program = PROGRAM) {
    super();
    this.child = startChild(program, { workers: 2, ...options }, flags);
    this.defer(() => this.child.kill());
  }

  /** Resolves when it serves. */
  async ready(): Promise<this> {
    return Object.assign(this, JSON.parse(await this.child.line()));
  }

  client(tls?: { ca: string }) {
    return this.use(createClient(EchoService, { address: this.address, tls, logger }));
  }

  /** Clients by the worker that their connection leads to: one each, after as many tries as it takes. */
  async clients(count: number): Promise<Map<string, ReturnType<Running["client"]>>> {
    const found = new Map<string, ReturnType<Running["client"]>>();
    for (let i = 0; i < 100 && found.size < count; i++) {
      const client = this.client();
      found.set((await client.echo({})).resp.replace(/ \S+$/, ""), client);
    }
    return found;
  }

  /** Asks it to stop: its code and what it said last. */
  async stop(): Promise<{ code: number; hits: Record<string, number> }> {
    Deno.kill(this.child.pid, "SIGTERM");
    return { ...JSON.parse(await this.child.line()), code: await this.child.code };
  }
}

async function start(options: Options = {}, flags?: readonly string[]): Promise<Running> {
  const running = new Running(options, flags);
  return await running.ready().catch(async (error) => {
    await running.disposeAsync();
    throw error;
  });
}

const worker = (index: number) => `dinokit worker ${index} of echo`;

/** A call, and when its header has come: its handler has then begun. */
function begun(client: ReturnType<Running["client"]>, mes: string) {
  const header = Promise.withResolvers<Metadata>();
  const reply = client.echo({ mes }, { timeout: 60_000, onHeader: header.resolve })
    .then(({ resp }) => resp, (error: RpcError) => error.code);
  return { reply, header: header.promise };
}

needs(PERMISSIONS, "workers share a free port; all take calls, and the main thread takes none", async () => {
  await using server = await start({ workers: 3 });
  const clients = await server.clients(4);
  assertEquals([...clients.keys()].sort(), [worker(1), worker(2), worker(3)]);
  assertEquals(await server.stop(), { code: 0, hits: {} }, server.child.log);
});

for (const how of ["crash", "reject", "exit"]) {
  needs(PERMISSIONS, `a worker that ends by ${how} is replaced, and calls on the others continue`, async () => {
    await using server = await start();
    const clients = await server.clients(2);
    const before = (await clients.get(worker(1))!.echo({})).resp;
    const other = (await clients.get(worker(2))!.echo({})).resp;
    let calls = 0;
    const goesOn = async () => {
      assertEquals((await clients.get(worker(2))!.echo({})).resp, other);
      calls++;
    };
    await clients.get(worker(1))!.echo({ mes: how }).catch(() => {});
    const again = await until(async () => {
      await goesOn();
      await using client = createClient(EchoService, { address: server.address, logger });
      const resp = await client.echo({}).then(({ resp }) => resp, () => other);
      return resp !== other && resp !== before && resp;
    }, "worker 1 is there again");
    assertEquals(String(again).replace(/ \S+$/, ""), worker(1));
    await goesOn();
    assert(calls > 1);
    assertMatch(server.child.log, /ERROR a worker has ended and is replaced service="echo" worker=1 why="/);
    assertEquals((await server.stop()).code, 0, server.child.log);
  });
}

needs(
  PERMISSIONS,
  "SIGTERM: health reports it, calls are accepted for drainDelay, and those in flight end",
  async () => {
    await using server = await start({ health: { address: "127.0.0.1:0" }, drainDelay: 1500 });
    const clients = [...(await server.clients(2)).values()];
    const inFlight = clients.map((client) => begun(client, "slow"));
    await Promise.all(inFlight.map(({ header }) => header));
    const stopped = server.stop();
    const health = server.use(createClient(Health, { address: server.address, logger }));
    await until(async () => {
      const response = await fetch(`http://${server.health}/health`);
      await response.body?.cancel();
      return response.status === 503;
    }, "health says 503");
    assertEquals((await health.check({})).status, Serving.NOT_SERVING);
    assertMatch((await server.client().echo({})).resp, /^dinokit worker/);
    for (const { reply } of inFlight) assertMatch(String(await reply), /^dinokit worker/);
    assertEquals((await stopped).code, 0, server.child.log);
  },
);

needs(PERMISSIONS, "SIGTERM: calls in workers learn of the drain, and their detached work ends", async () => {
  await using server = await start({ drainTimeout: 20_000 });
  const clients = [...(await server.clients(2)).values()];
  const watching = clients.map((client) => begun(client, "drain"));
  await Promise.all(watching.map(({ header }) => header));
  await clients[0]!.echo({ mes: "detached" });
  const stopped = server.stop();
  for (const { reply } of watching) assertEquals(await reply, "draining, false");
  assertEquals((await stopped).code, 0, server.child.log);
  assertMatch(server.child.log, /dinokit worker \d of echo: the detached work has ended/);
});

needs(PERMISSIONS, "a second signal cuts the calls in all workers", async () => {
  await using server = await start({ drainTimeout: 600_000 });
  const calls = [...(await server.clients(2)).values()].map((client) => begun(client, "hang"));
  await Promise.all(calls.map(({ header }) => header));
  Deno.kill(server.child.pid, "SIGTERM");
  await until(() => server.child.log.includes("draining"), "it drains");
  await new Promise((resolve) => setTimeout(resolve, 600)); // one that comes sooner is the same Ctrl-C
  const stopped = server.stop();
  assertEquals(await Promise.all(calls.map(({ reply }) => reply)), [Status.UNAVAILABLE, Status.UNAVAILABLE]);
  assertEquals((await stopped).code, 0, server.child.log);
});

needs(PERMISSIONS, "a worker that stands still fails the health check, and the process ends all the same", async () => {
  await using server = await start({ health: { address: "127.0.0.1:0" }, drainTimeout: 0 });
  const health = async () => {
    const response = await fetch(`http://${server.health}/health`);
    return { code: response.status, ...await response.json() };
  };
  assertEquals((await health()).checks, { workers: "ok" });
  void begun((await server.clients(2)).get(worker(2))!, "loop");
  const failing = await until(async () => (await health()).code === 503 && await health(), "health fails", 60_000);
  assertEquals([failing.status, failing.checks], ["failing", { workers: "failed" }]);
  assertMatch(server.child.log, /ERROR its event loop is blocked .* service="echo" worker=2$/m);
  Deno.kill(server.child.pid, "SIGTERM");
  assertEquals(await server.child.code, 1);
  assertStringIncludes(server.child.log, "worker 2 did not stop");
});

needs(PERMISSIONS, "workers have only the permissions in workers.permissions, and drop even those", async () => {
  const all = ["-A", "--unstable-worker-options"];
  const permissions = { net: ["127.0.0.1"], read: true, env: true } as const;
  for (const dropPermissions of [false, true]) {
    const workers = { count: 2, permissions: permissions as never };
    await using server = await start({ workers, dropPermissions }, all);
    const clients = await server.clients(2);
    for (const client of clients.values()) {
      assertEquals((await client.echo({ mes: "permissions" })).resp, dropPermissions ? "" : "read,env");
      assertEquals(await begun(client, "run").reply, Status.INTERNAL);
      assertEquals(typeof await begun(client, "read").reply, dropPermissions ? "number" : "string");
    }
    // What a new worker needs has stayed with the main thread.
    await clients.get(worker(1))!.echo({ mes: "crash" }).catch(() => {});
    await until(() => server.child.log.includes("a worker was replaced"), "worker 1 is there again");
    assertEquals((await server.stop()).code, 0, server.child.log);
  }
});

needs(PERMISSIONS, "workers need only net and read permission for the program, and report a missing one", async () => {
  const root = fileURLToPath(new URL("../..", import.meta.url));
  {
    await using server = await start({}, ["--allow-net=127.0.0.1", `--allow-read=${root}`]);
    const [client] = (await server.clients(1)).values();
    assertEquals((await client!.echo({ mes: "permissions" })).resp, "");
    assertEquals((await server.stop()).code, 0, server.child.log);
  }
  await using server = new Running({}, ["--allow-net=127.0.0.1"]);
  assertEquals(await server.child.code, 1);
  assertStringIncludes(server.child.log, `--allow-read=${root} tests/workers/program.ts`);
});

needs(PERMISSIONS, "with --unstable-net the workers listen by Deno.listen, and all take calls", async () => {
  await using server = await start({}, ["-A", "--unstable-net"]);
  assertEquals((await server.clients(2)).size, 2);
  assertEquals((await server.stop()).code, 0, server.child.log);
});

needs(PERMISSIONS, "a port that another process has is named at the start", async () => {
  using taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const address = `127.0.0.1:${taken.addr.port}`;
  await using server = new Running({ address });
  assertEquals(await server.child.code, 1);
  assertStringIncludes(server.child.log, `main: AddrInUse: createServer: address ${address} is in use; stop`);
});

needs(PERMISSIONS, "setTls() reaches all workers, and those that come later", async () => {
  await using before = await makeAuthority();
  await using after = await makeAuthority();
  const sign = (authority: typeof before) => authority.sign("server", "subjectAltName=IP:127.0.0.1");
  await using server = await start({ tls: await sign(before), nextTls: await sign(after) });
  const ask = async (ca: string, mes = "") => {
    await using client = createClient(EchoService, { address: server.address, tls: { ca }, logger });
    return await client.echo({ mes }).then(({ resp }) => resp.replace(/ \S+$/, ""), () => "");
  };
  const answers = async (ca: string) => new Set(await Promise.all(Array.from({ length: 20 }, () => ask(ca))));
  assertEquals(await answers(before.ca), new Set([worker(1), worker(2)]));
  Deno.kill(server.child.pid, "SIGUSR1");
  await until(async () => !(await answers(before.ca)).has(worker(1)), "the new certificate is shown");
  assertEquals(await answers(before.ca), new Set([""]));
  await ask(after.ca, "crash");
  await until(() => server.child.log.includes("a worker was replaced"), "it was replaced");
  assertEquals(await answers(after.ca), new Set([worker(1), worker(2)]));
  assertEquals((await server.stop()).code, 0, server.child.log);
});

needs(
  PERMISSIONS,
  "failing health.checks are reported by the health port and by grpc.health.v1 of the workers",
  async () => {
    await using server = await start({ unwell: true });
    await using client = createClient(Health, { address: server.address, logger });
    assertEquals(await client.check({}), { status: Serving.NOT_SERVING });
    const { checks } = await (await fetch(`http://${server.health}/health`)).json();
    assertEquals(checks, { workers: "ok", database: "failed" });
    assertEquals((await server.stop()).code, 0, server.child.log);
  },
);

needs(PERMISSIONS, "limitHits counts over all workers, those that have ended too", async () => {
  await using server = await start({ limits: { receiveMessageBytes: 10 } });
  const clients = await server.clients(2);
  for (const client of clients.values()) {
    for (let i = 0; i < 3; i++) assertEquals(await begun(client, "x".repeat(100)).reply, Status.RESOURCE_EXHAUSTED);
  }
  await clients.get(worker(1))!.echo({ mes: "exit" }).catch(() => {});
  await until(() => server.child.log.includes("a worker was replaced"), "it was replaced");
  assertEquals(await server.stop(), { hits: { receiveMessageBytes: 6 }, code: 0 }, server.child.log);
});

for (const then of ["fails", "waits"]) {
  needs(
    PERMISSIONS,
    `a program with a listener of its own that ${then} in its workers gets an error about it, not about the server's port`,
    async () => {
      using free = Deno.listen({ hostname: "127.0.0.1", port: 0 });
      const { port } = free.addr;
      free.close();
      await using server = new Running({ port, then } as never, ["-A"], new URL("second_listener.ts", import.meta.url));
      assertEquals(await server.child.code, 1);
      const { log } = server.child;
      assertStringIncludes(log, 'createServer: worker 1 of "echo" did not start: ');
      assertStringIncludes(
        log,
        then === "fails" ? "AddrInUse: Address already in use" : "it did not start its server within ",
      );
      assertStringIncludes(log, 'is for the main thread, where self.name is ""');
      assertEquals(log.includes("can't listen there"), false, log);
    },
  );
}

needs(PERMISSIONS, "a second process with workers on the same port finds it in use", async () => {
  await using server = await start();
  const { address } = server;
  await using second = new Running({ address });
  assertEquals(await second.child.code, 1);
  assertStringIncludes(second.child.log, `main: AddrInUse: createServer: address ${address} is in use; stop`);
  assertEquals((await server.stop()).code, 0, server.child.log);
  await using third = await start({ address });
  assertEquals((await third.stop()).code, 0, third.child.log);
});

needs(PERMISSIONS, "a server beside one with workers, in the same program, is rejected with a remedy", async () => {
  await using server = new Running({}, ["-A"], new URL("two_servers.ts", import.meta.url));
  assertEquals(await server.child.code, 1);
  assertStringIncludes(server.child.log, 'where it can\'t start "second": give that one a program of its own');
});

needs(PERMISSIONS, "a program's own worker is none of a server's: createServer serves there as anywhere", async () => {
  await using server = await new Running({}, ["-A"], new URL("own_worker.ts", import.meta.url)).ready();
  assertMatch((await server.client().echo({})).resp, /^my worker: createServer: this is a worker already/);
});
