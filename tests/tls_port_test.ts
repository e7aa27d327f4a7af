import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { connect } from "node:tls";
import { createClient, createServer, RpcError, type Server, type ServerOptions } from "../mod.ts";
import { EchoService } from "../proto/echo.ts";
import { makeAuthority } from "./certificates.ts";
import { needs } from "./needs.ts";
import { until } from "./observe.ts";

const ALL: Deno.PermissionDescriptor[] = [{ name: "net" }, { name: "env" }, { name: "run" }, { name: "read" }, {
  name: "write",
}];
const quiet = { debug() {}, info() {}, warn() {}, error() {} };
const NAMES = "subjectAltName=IP:127.0.0.1";

async function serve(options: Partial<ServerOptions>): Promise<Server> {
  const server = createServer({ name: "echo", address: "127.0.0.1:0", logger: quiet, ...options });
  server.add(EchoService, { echo: ({ mes }) => ({ resp: mes }) });
  await server.start();
  return server;
}

/** Somebody who says some octets on a port and never hangs up. */
async function caller(address: string, says: number[] | string) {
  const conn = await Deno.connect({ hostname: "127.0.0.1", port: Number(address.split(":")[1]) });
  const state = { conn, closed: false };
  const octets = typeof says === "string" ? new TextEncoder().encode(says) : new Uint8Array(says);
  if (octets.length > 0) await conn.write(octets).catch(() => {}); // it may be turned away already
  return state;
}

/** Whether the other side has given a socket up: what is written to it is answered by a reset. */
const givenUp = async ({ conn }: { conn: Deno.Conn }) => {
  try {
    await conn.write(new Uint8Array(1));
    return false;
  } catch {
    return true;
  }
};

for (
  const [who, says] of [["sends nothing", []], ["sends half a ClientHello", [22, 3, 1, 2, 0, 1]], [
    "speaks HTTP/1.1 and never hangs up",
    "GET / HTTP/1.1\r\n\r\n",
  ]] as const
) {
  needs(
    ALL,
    `TLS: a client that ${who} counts as a connection, and is disconnected after handshakeTimeout`,
    async () => {
      await using authority = await makeAuthority();
      const tls = await authority.sign("server", NAMES);
      await using server = await serve({ tls, limits: { connections: 5, handshakeTimeout: 500 } });
      const callers = await Promise.all(Array.from({ length: 20 }, () => caller(server.address, [...says] as never)));
      const count = (limit: "connections" | "handshakeTimeout") => server.limitHits.get(limit);
      await until(() => count("connections") === 15, "15 of 20 are turned away");
      await until(() => count("handshakeTimeout") === 5, "the others are late");
      for (const one of callers) {
        await until(() => givenUp(one), "it is given up");
        one.conn.close();
      }
      await using client = createClient(EchoService, {
        address: server.address,
        tls: { ca: authority.ca },
        logger: quiet,
      });
      assertEquals(await client.echo({ mes: "room" }), { resp: "room" });
    },
  );
}

needs(ALL, "TLS: a handshake that is under way when the server stops ends with it", async () => {
  await using authority = await makeAuthority();
  const server = await serve({ tls: await authority.sign("server", NAMES), drainTimeout: 0 });
  const half = await caller(server.address, [22, 3, 1, 2, 0, 1]);
  await using client = createClient(EchoService, { address: server.address, tls: { ca: authority.ca }, logger: quiet });
  await client.echo({});
  await server.stop();
  await until(() => givenUp(half), "it is given up");
  half.conn.close();
});

needs(ALL, "TLS: limits.handshakeTimeout of Infinity sets no bound", async () => {
  await using authority = await makeAuthority();
  const tls = await authority.sign("server", NAMES);
  await using server = await serve({ tls, limits: { handshakeTimeout: Infinity } });
  await using client = createClient(EchoService, { address: server.address, tls: { ca: authority.ca }, logger: quiet });
  assertEquals(await client.echo({ mes: "hello" }), { resp: "hello" });
});

needs(ALL, "TLS: no version below 1.2 is spoken", async () => {
  await using authority = await makeAuthority();
  await using server = await serve({ tls: await authority.sign("server", NAMES) });
  const [host, port] = server.address.split(":");
  const versionOf = (options: object) =>
    new Promise((resolve) => {
      const socket = connect({ host, port: Number(port), ca: authority.ca, ALPNProtocols: ["h2"], ...options });
      const end = (what: unknown) => (socket.destroy(), resolve(what));
      socket.once("secureConnect", () => end(socket.getProtocol()));
      socket.once("error", () => end("refused"));
      socket.once("close", () => end("refused"));
    });
  assertEquals(await versionOf({ maxVersion: "TLSv1.2" }), "TLSv1.2");
  assertEquals(await versionOf({}), "TLSv1.3");
  assertEquals(await versionOf({ minVersion: "TLSv1", maxVersion: "TLSv1.1" }), "refused");
});

needs(
  ALL,
  "setTls() shows another certificate to new connections; existing connections stay open",
  async () => {
    await using old = await makeAuthority();
    await using next = await makeAuthority();
    await using server = await serve({ tls: await old.sign("server", NAMES) });
    const callerOf = (ca: string) => createClient(EchoService, { address: server.address, tls: { ca }, logger: quiet });
    await using before = callerOf(old.ca);
    await before.echo({});
    server.setTls(await next.sign("server", NAMES));
    assertEquals(await before.echo({ mes: "still" }), { resp: "still" });
    await using after = callerOf(next.ca);
    assertEquals(await after.echo({ mes: "new" }), { resp: "new" });
    await using late = callerOf(old.ca);
    await assertRejects(() => late.echo({}), RpcError, "no authority in tls.ca has signed");
  },
);

needs(ALL, "setTls() of a server without TLS fails with an error that explains it", async () => {
  await using server = await serve({});
  const pem = "-----BEGIN";
  assertThrows(() => server.setTls({ cert: pem, key: pem }), TypeError, "the server has no TLS");
});
