/**
 * The server of the soak: keeps a ledger of the calls that it has finished, by client. Each line on stdin gets a line
 * with the ledger and its memory; it ends with stdin.
 *
 * @module
 */

import { createServer, type ServerMiddleware } from "../../mod.ts";
import { kindsHandlers } from "../kinds.ts";
import { Kinds } from "../proto/kinds.ts";
import { type SocketTransport, transportOf } from "../transport_of.ts";

const ledger: Record<string, { count: number; sum: number }> = {};

/** Enters each unary call under the name and number that its caller gave it. */
const keepLedger: ServerMiddleware = async (call, next) => {
  const reply = await next(call);
  const entry = call.context.metadata.get("x-entry");
  if (entry !== undefined) {
    const [client = "", number] = String(entry).split(":");
    const page = ledger[client] ??= { count: 0, sum: 0 };
    page.count++;
    page.sum += Number(number);
  }
  return reply;
};

const { transport, limits } = JSON.parse(Deno.args[0]!) as { transport: SocketTransport; limits: object };
const server = createServer({
  name: "soak",
  address: "127.0.0.1:0",
  drainTimeout: 0,
  transport: transportOf(transport),
  limits,
});
server.use(keepLedger).add(Kinds, kindsHandlers(Object.assign([], { push: () => 0 })));
await server.start();
console.log(server.address);
const input = new Uint8Array(1024);
while (await Deno.stdin.read(input) !== null) {
  (globalThis as { gc?(): void }).gc?.();
  console.log(JSON.stringify({ ...Deno.memoryUsage(), ledger }));
}
await server.stop({ force: true });
