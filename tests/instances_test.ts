import { assert, assertEquals } from "@std/assert";
import {
  type Client,
  type ClientOptions,
  clientState,
  createClient,
  createServer,
  RpcError,
  type Server,
  type ServerContext,
  Status,
} from "../mod.ts";
import { EchoService } from "../proto/echo.ts";
import { needs } from "./needs.ts";
import { recordingLogger, until } from "./observe.ts";

const NET: Deno.PermissionDescriptor[] = [{ name: "net" }];
const silent = recordingLogger();

type Behaviour = (ctx: ServerContext) => Promise<void> | void;
type Echo = Client<typeof EchoService>;

/** An echo server over real sockets whose behaviour can be changed; it answers its address. */
async function serve(address = "127.0.0.1:0") {
  const server = createServer({ name: "echo", address, logger: silent, drainDelay: 0 });
  const one = { behave: (() => {}) as Behaviour, server: server as Server, address };
  await server.add(EchoService, {
    async echo(_req, ctx) {
      await one.behave(ctx);
      return { resp: one.address };
    },
  }).start();
  one.address = server.address!;
  return one;
}

/** Three servers and their client. */
async function scene(
  body: (
    echo: Echo,
    servers: Awaited<ReturnType<typeof serve>>[],
    logged: string[],
  ) => Promise<void>,
  options: Partial<ClientOptions> = {},
) {
  const servers = await Promise.all([serve(), serve(), serve()]);
  const logger = recordingLogger();
  try {
    await using echo = createClient(EchoService, {
      address: servers.map(({ address }) => address),
      logger,
      ...options,
    });
    await echo.echo({});
    await until(() => clientState(echo).instances.every(({ state }) => state === "ready"), "all are connected");
    await body(echo, servers, logger.lines);
  } finally {
    for (const { server } of servers) await server.stop({ force: true });
  }
}

const stateOf = (echo: Echo, address: string) =>
  clientState(echo).instances.find((one) => one.address === address)!.state;
/** The status of a call, or who answered. */
const outcome = (echo: Echo, timeout = 5000) =>
  echo.echo({}, { timeout }).then(({ resp }) => resp, (error: RpcError) => error.code);

needs(
  NET,
  "an instance that answers errors at once is ejected within 50 calls, and takes its share again once it is well",
  () =>
    scene(async (echo, [hole], logged) => {
      hole!.behave = () => {
        throw new RpcError(Status.UNAVAILABLE, "not today");
      };
      let failed = 0;
      for (let i = 0; i < 50; i++) if (typeof await outcome(echo) === "number") failed++;
      assertEquals([failed, stateOf(echo, hole!.address)], [5, "ejected"]);
      assert(logged[0]!.startsWith("warn: an instance gets no calls for a while"));
      hole!.behave = () => {};
      await until(async () => await outcome(echo) === hole!.address, "it takes calls again");
      const counts = new Set(await Promise.all(Array.from({ length: 9 }, () => outcome(echo))));
      assertEquals(counts.size, 3);
    }, { outliers: { ejectionTime: 1000 } }),
);

needs(
  NET,
  "an instance that hangs is ejected by the deadlines of its calls; while one probe hangs, no other call does",
  () =>
    scene(async (echo, [stuck]) => {
      const hold = Promise.withResolvers<void>();
      stuck!.behave = () => hold.promise;
      const outcomes = await Promise.all(Array.from({ length: 30 }, () => outcome(echo, 500)));
      assertEquals(outcomes.filter((one) => one === Status.DEADLINE_EXCEEDED).length, 10);
      assertEquals(stateOf(echo, stuck!.address), "ejected");
      // Its time is over: of these the first is the probe.
      await until(
        () => clientState(echo).instances.some(({ ejectedUntil = Infinity }) => ejectedUntil <= Date.now() + 1),
        "due",
      );
      const next = await Promise.all(Array.from({ length: 30 }, () => outcome(echo, 500)));
      assertEquals(next.filter((one) => one === Status.DEADLINE_EXCEEDED).length, 1);
      hold.resolve();
      await until(async () => await outcome(echo) === stuck!.address, "it takes calls again");
    }, { outliers: { ejectionTime: 500 } }),
);

needs(NET, "requests that fail wherever they go eject at most one of three", () =>
  scene(async (echo, servers) => {
    for (const one of servers) {
      one.behave = () => {
        throw new RpcError(Status.INTERNAL, "bad request");
      };
    }
    for (let i = 0; i < 100; i++) await outcome(echo);
    assert(clientState(echo).instances.filter(({ state }) => state === "ejected").length <= 1);
  }));

needs(
  NET,
  "a server that goes is not called, and is again once it listens again",
  () =>
    scene(async (echo, servers) => {
      const [gone] = servers;
      await gone!.server.stop({ force: true });
      await until(() => stateOf(echo, gone!.address) !== "ready", "the lost connection is seen");
      for (let i = 0; i < 20; i++) assert(await outcome(echo) !== gone!.address);
      const again = await serve(gone!.address);
      servers.push(again);
      const found = () => stateOf(echo, gone!.address) === "ready";
      await until(async () => (await outcome(echo), found()), "it is connected to again");
      const answers = await Promise.all(Array.from({ length: 9 }, () => outcome(echo)));
      assertEquals(new Set(answers).size, 3);
    }),
);

needs(
  NET,
  "when all instances are gone calls fail with the reason; they succeed within a second of the first that is back",
  () =>
    scene(async (echo, servers) => {
      for (const { server } of servers) await server.stop({ force: true });
      const error = await echo.echo({}).then(() => undefined, (error: RpcError) => error);
      assertEquals(error?.code, Status.UNAVAILABLE);
      assert(/no connection to .*: .*refused/i.test(error!.message), error!.message);
      // Long enough for its backoff to grow.
      const end = Date.now() + 1500;
      while (Date.now() < end) await outcome(echo), await new Promise((done) => setTimeout(done, 20));
      const again = await serve(servers[0]!.address);
      servers.push(again);
      await until(async () => await outcome(echo) === again.address, "recovery", 1000);
    }),
);
