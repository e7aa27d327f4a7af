/**
 * Servers that have no file descriptor left, as programs of their own with a low limit.
 *
 * @module
 */

import { assertEquals, assertStringIncludes } from "@std/assert";
import { createClient, createLogger, type ServerOptions } from "../mod.ts";
import { EchoService } from "../proto/echo.ts";
import { makeAuthority } from "./certificates.ts";
import { startChild } from "./child.ts";
import { needs } from "./needs.ts";
import { until } from "./observe.ts";
import type { SocketTransport } from "./transport_of.ts";

const PERMISSIONS: Deno.PermissionDescriptor[] = ["run", "read", "write", "net", "env"].map((name) => ({
  name,
})) as never;
const PROGRAM = new URL("descriptors_server.ts", import.meta.url);
const DESCRIPTORS = 128;
/** How long a busy machine may take for what takes two seconds. */
const SLOW_MS = 60_000;
const logger = createLogger("silent");

/** Opens connections that say nothing, until the other side takes no more of them. */
async function flood(address: string): Promise<Disposable> {
  const { hostname, port } = new URL(`http://${address}`);
  const wires: Deno.Conn[] = [];
  for (let i = 0; i < 2 * DESCRIPTORS; i++) {
    const wire = await Deno.connect({ hostname, port: Number(port) }).catch(() => undefined);
    if (wire) wires.push(wire);
  }
  return { [Symbol.dispose]: () => wires.forEach((wire) => wire.close()) };
}

async function start(options: Partial<Omit<ServerOptions, "transport">> & { transport?: SocketTransport }) {
  const child = startChild(PROGRAM, options, ["-A"], DESCRIPTORS);
  const { address, health } = JSON.parse(await child.line()) as { address: string; health: string };
  const isHealthy = () =>
    fetch(`http://${health}/health`, { signal: AbortSignal.timeout(2000), headers: { connection: "close" } })
      .then(async (response) => (await response.body?.cancel(), response.ok), () => false);
  return { child, address, health, isHealthy, [Symbol.asyncDispose]: () => child.end() };
}

for (const kind of ["plaintext", "TLS", "workers", "grpc-js", "grpc-js and TLS"]) {
  needs(
    PERMISSIONS,
    `${kind}: a flood of the port for calls leaves descriptors for health checks and clients`,
    async () => {
      await using authority = await makeAuthority();
      const signed = await authority.sign("server", "subjectAltName=IP:127.0.0.1");
      const tls = kind.endsWith("TLS") ? { ca: authority.ca } : undefined;
      const transport = kind.startsWith("grpc-js") ? "grpc-js" : "http2";
      const workers = kind === "workers" ? 1 : undefined;
      await using server = await start({ tls: tls && signed, workers, transport });
      const client = () => createClient(EchoService, { address: server.address, tls, logger, timeout: 2000 });
      const answers = async () => {
        await using late = client();
        return await late.echo({ mes: "late" }).then(({ resp }) => resp === "late", () => false);
      };
      await until(server.isHealthy, "the health port answers", SLOW_MS);
      await until(answers, "a call is answered", SLOW_MS);
      {
        using _ = await flood(server.address);
        // Those that waited to be accepted may take descriptors once more, until they are turned away.
        let inRow = 0;
        const settled = async () => (inRow = await server.isHealthy() ? inRow + 1 : 0) >= 20;
        await until(() => server.child.log.includes("no file descriptor is left"), "the server has found out", SLOW_MS);
        await until(settled, "20 health checks in a row are answered, while the flood goes on", SLOW_MS);
      }
      await until(answers, "calls of new clients are answered", SLOW_MS);
      await server.child.closeInput();
      assertEquals(await server.child.code, 0, server.child.log);
    },
  );
}

needs(
  PERMISSIONS,
  "a flood of the health port ends no process: the port listens again, and calls continue",
  async () => {
    await using server = await start({});
    await using client = createClient(EchoService, { address: server.address, logger, timeout: 2000 });
    assertEquals((await client.echo({ mes: "before" })).resp, "before");
    for (let i = 0; i < 3; i++) {
      using _ = await flood(server.health);
      assertEquals((await client.echo({ mes: "on" })).resp, "on");
      await until(server.isHealthy, "the health port answers", SLOW_MS);
    }
    assertStringIncludes(server.child.log, "the health port has failed and listens again");
    await server.child.closeInput();
    assertEquals(await server.child.code, 0, server.child.log);
  },
);
