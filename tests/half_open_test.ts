import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { clientState, createClient, createServer, RpcError, Status } from "../mod.ts";
import { DEFAULT_LIMITS } from "../transport/limit_fields.ts";
import { connect } from "../transport/grpc/connect.ts";
import { settings } from "./hostile/wire.ts";
import { kindsHandlers } from "./kinds.ts";
import { needs } from "./needs.ts";
import { until } from "./observe.ts";
import { Kinds } from "./proto/kinds.ts";

const quiet = { debug() {}, info() {}, warn() {}, error() {} };

/**
 * A server that says its SETTINGS, and then nothing, though its connection stays: as one does whose machine was
 * switched off.
 */
function silentServer() {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const sockets: Deno.Conn[] = [];
  const accepting = (async () => {
    for await (const socket of listener) {
      sockets.push(socket);
      await socket.write(settings());
    }
  })();
  return {
    port: listener.addr.port,
    get connections() {
      return sockets.length;
    },
    async [Symbol.asyncDispose]() {
      listener.close();
      await accepting;
      for (const socket of sockets) socket.close();
    },
  };
}

needs(
  [{ name: "net" }],
  "a server that is silent though calls are in flight gets no new ones; the others do",
  async () => {
    await using silent = silentServer();
    await using server = createServer({ name: "kinds", address: "127.0.0.1:0", logger: quiet });
    server.add(Kinds, kindsHandlers([]));
    await server.start();
    const frozen = `127.0.0.1:${silent.port}`;
    const options = { address: [frozen, server.address], outliers: false, drainTimeout: 0, logger: quiet } as const;
    await using client = createClient(Kinds, options);
    const hanging: Promise<unknown>[] = [];
    const isSilent = () => clientState(client).instances.some(({ state }) => state === "silent");
    while (!isSilent()) {
      hanging.push(client.unary({}, { timeout: 6000 }).catch(() => {}));
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    for (let i = 0; i < 20; i++) await client.unary({ text: "here" }, { timeout: 1000 });
    assertEquals(clientState(client).instances[0]!.failures, 0); // no deadline had to pass to find it out
  },
);

needs([{ name: "net" }], "an attempt to connect that is given up ends at once, though the peer stays", async () => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const giveUp = new AbortController();
  const attempt = connect({
    address: { kind: "tcp", host: "127.0.0.1", port: listener.addr.port },
    authority: "a",
    limits: DEFAULT_LIMITS,
    compression: "identity",
    logger: quiet,
    signal: giveUp.signal,
  }).catch((error) => error);
  const peer = await listener.accept();
  await peer.read(new Uint8Array(100)); // it waits for SETTINGS
  giveUp.abort("enough");
  const turn = new Promise((resolve) => setTimeout(resolve, 0, "goes on"));
  assertEquals(await Promise.race([attempt, turn]), "enough");
  while (await peer.read(new Uint8Array(1000)) !== null);
  peer.close();
  listener.close();
  await turn;
});

needs([{ name: "net" }], "a call that may be repeated leaves a server that is silent", async () => {
  await using silent = silentServer();
  await using server = createServer({ name: "kinds", address: "127.0.0.1:0", logger: quiet });
  server.add(Kinds, kindsHandlers([]));
  await server.start();
  const options = { address: [`127.0.0.1:${silent.port}`, server.address], outliers: false, logger: quiet } as const;
  await using client = createClient(Kinds, { ...options, retry: {} });
  const calls = Array.from({ length: 20 }, () => client.unary({ text: "here" }, { timeout: 60_000 }));
  assertEquals((await Promise.all(calls)).map(({ text }) => text), Array(20).fill("here"));
  assertEquals(clientState(client).instances.map(({ inFlight }) => inFlight), [0, 0]);
});

needs(
  [{ name: "net" }],
  "a connection that is silent is made anew once no call is in flight: the old one may be half open",
  async () => {
    await using silent = silentServer();
    const limits = { keepaliveTimeout: 100 };
    await using client = createClient(Kinds, { address: `127.0.0.1:${silent.port}`, limits, logger: quiet });
    const call = client.unary({}, { timeout: 4000 }).catch(({ code }) => code);
    await until(() => clientState(client).instances[0]?.state === "silent", "it is silent", 4000);
    assertEquals(await call, Status.DEADLINE_EXCEEDED);
    await until(() => silent.connections === 2, "another connection", 4000);
  },
);

needs(
  [{ name: "net" }],
  "a call on a half-open connection ends in time, and so does the next on a new one; a call on a quiet connection continues",
  async () => {
    const limits = { keepaliveInterval: 100, keepaliveTimeout: 100 };
    {
      await using silent = silentServer();
      await using client = createClient(Kinds, { address: `127.0.0.1:${silent.port}`, limits, logger: quiet });
      for (let i = 0; i < 2; i++) {
        const error = await assertRejects(async () => await Array.fromAsync(client.serverStream({})), RpcError);
        assertEquals(error.code, Status.UNAVAILABLE);
        assertStringIncludes(error.rawMessage, "limits.keepaliveTimeout");
      }
    }
    await using server = createServer({ name: "kinds", address: "127.0.0.1:0", logger: quiet });
    server.add(Kinds, kindsHandlers([]));
    await server.start();
    await using client = createClient(Kinds, { address: server.address, limits, logger: quiet });
    // Silent for longer than both times, but there: its PINGs are answered.
    const replies = client.serverStream({ text: "hang", count: 1 })[Symbol.asyncIterator]();
    await replies.next();
    const outcome = await Promise.race([
      replies.next().then(() => "ended", (error) => `failed: ${error}`),
      new Promise((resolve) => setTimeout(resolve, 3000, "goes on")),
    ]);
    assertEquals(outcome, "goes on");
    await replies.return!();
  },
);
