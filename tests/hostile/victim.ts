/**
 * The server that is attacked, in a process of its own: `victim.ts '{"limits":{}}'` says where it listens. Each line on
 * stdin gets a line with its counters; it ends with stdin.
 *
 * @module
 */

import { createServer, type ServerOptions } from "../../mod.ts";
import { kindsHandlers } from "../kinds.ts";
import { Kinds } from "../proto/kinds.ts";
import type { SocketTransport } from "../transport_of.ts";

/** The modules of grpc-js take memory, which the tests limit, so a victim of our own transport does not load them. */
const loadTransport = async (name: SocketTransport) => (await import("../transport_of.ts")).transportOf(name);

const { transport = "http2", ...options }: Partial<Omit<ServerOptions, "transport">> & { transport?: SocketTransport } =
  JSON
    .parse(Deno.args[0] ?? "{}");
const server = createServer({
  name: "victim",
  address: "127.0.0.1:0",
  drainTimeout: 0,
  transport: transport === "http2" ? transport : await loadTransport(transport),
  ...options,
});
// Nothing of a call is kept: the calls of an attack must leave nothing behind.
server.add(Kinds, kindsHandlers(Object.assign([], { push: () => 0 })));
await server.start();
console.log(server.address);
const input = new Uint8Array(1024);
while (await Deno.stdin.read(input) !== null) {
  // deno-lint-ignore no-explicit-any -- V8's collector, where the flag that shows it is set
  (globalThis as any).gc?.();
  console.log(JSON.stringify({ ...Deno.memoryUsage(), hits: Object.fromEntries(server.limitHits) }));
}
await server.stop({ force: true });
