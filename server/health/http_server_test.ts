import { assertEquals } from "@std/assert";
import { createLogger } from "../../base/logger.ts";
import { needs } from "../../tests/needs.ts";
import { until } from "../../tests/observe.ts";
import { HEALTH_BOUNDS, type HealthBounds, HealthServer, type HttpHandler } from "./http_server.ts";

const logger = createLogger("silent");
const ADDRESS = { kind: "tcp", host: "127.0.0.1", port: 0 } as const;
const ok: HttpHandler = () => Promise.resolve(new Response("fine"));

function serve(bounds: Partial<HealthBounds>, handler = ok) {
  const server = new HealthServer(ADDRESS, handler, logger, { ...HEALTH_BOUNDS, ...bounds });
  return { server, [Symbol.asyncDispose]: () => server.close() };
}

/** Sends a health request on a new connection, as Consul does. */
async function check({ address }: HealthServer): Promise<string> {
  using http = Deno.createHttpClient({ poolMaxIdlePerHost: 0 });
  const response = await fetch(`http://127.0.0.1:${address.port}/health`, { client: http });
  return await response.text();
}

/** Opens a connection for each text, sends the text and waits. Counts the connections that the server has closed. */
async function slow({ address: { port } }: HealthServer, ...texts: string[]) {
  const wires = await Promise.all(texts.map(async (text) => {
    const wire = await Deno.connect({ hostname: "127.0.0.1", port });
    if (text !== "") await wire.write(new TextEncoder().encode(text));
    const state = { closed: false };
    const read = async () => {
      while (await wire.read(new Uint8Array(1000)).catch(() => null) !== null);
      state.closed = true;
    };
    return { wire, state, ended: read() };
  }));
  return {
    closed: () => wires.filter(({ state }) => state.closed).length,
    async [Symbol.asyncDispose]() {
      for (const { wire } of wires) wire.close();
      await Promise.all(wires.map(({ ended }) => ended));
    },
  };
}

const KINDS = [
  "",
  "GET /health HT",
  "GET /health HTTP/1.1\r\nhost: x\r\n",
  "GET /health HTTP/1.1\r\nhost: x\r\n\r\n",
  "POST /health HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\nhalf",
  "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
];

needs(
  [{ name: "net" }],
  "slow, idle and half-sent health connections are closed, and the same port keeps answering",
  async () => {
    await using health = serve({ lifeMs: 100, patienceMs: 100 });
    const { server } = health;
    await using wires = await slow(server, ...KINDS);
    await until(() => wires.closed() === KINDS.length, "all of them are closed");
    assertEquals(await check(server), "fine");
  },
);

needs([{ name: "net" }], "connections end right after an answer, so that a check in turn never fails", async () => {
  await using health = serve({ lifeMs: 5, patienceMs: 60_000 });
  for (let i = 0; i < 20; i++) {
    await using wires = await slow(health.server, "");
    await until(async () => {
      assertEquals(await check(health.server), "fine");
      return wires.closed() === 1;
    }, "it is closed after an answer");
  }
});

needs([{ name: "net" }], "a process that grows drops its health connections at once", async () => {
  await using health = serve({ growthBytes: -1e15 });
  await using wires = await slow(health.server, ...KINDS);
  await until(() => wires.closed() === KINDS.length, "all of them are closed");
});

needs(
  [{ name: "net" }],
  "a health server is replaced while a request is in flight, if that takes too long",
  async () => {
    const handler = ({ url }: Request) => url.endsWith("/never") ? new Promise<never>(() => {}) : ok(new Request(url));
    await using health = serve({ lifeMs: 50, patienceMs: 50 }, handler);
    await using wires = await slow(health.server, "GET /never HTTP/1.1\r\nhost: x\r\n\r\n");
    await until(() => wires.closed() === 1, "it is closed");
    assertEquals(await check(health.server), "fine");
  },
);
