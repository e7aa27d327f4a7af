/**
 * A server with health checks, as a program of its own: its argument is its options as JSON. It says where it listens,
 * and ends with its stdin.
 *
 * @module
 */

import { createServer, type ServerOptions } from "../mod.ts";
import { EchoService } from "../proto/echo.ts";
import { type SocketTransport, transportOf } from "./transport_of.ts";

const { transport = "http2", ...options }: Partial<Omit<ServerOptions, "transport">> & { transport?: SocketTransport } =
  JSON
    .parse(Deno.args[0]!);
const server = createServer({
  name: "echo",
  address: "127.0.0.1:0",
  health: { address: "127.0.0.1:0" },
  drainTimeout: 0,
  transport: transportOf(transport),
  ...options,
});
server.add(EchoService, { echo: ({ mes }) => ({ resp: mes }) });
await server.start();
if (!("WorkerGlobalScope" in globalThis)) {
  console.log(JSON.stringify({ address: server.address, health: server.healthAddress }));
  while (await Deno.stdin.read(new Uint8Array(1024)) !== null);
  await server.stop({ force: true });
  Deno.exit(0);
}
