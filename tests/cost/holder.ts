/**
 * A server in a process of its own, which keeps each request until a command on stdin. The first line says where it
 * listens. Each line on stdin gets a line with figures: "drop" ends the calls first, "collect" has V8 collect its
 * garbage first.
 *
 * @module
 */

import { createServer } from "../../mod.ts";
import { costServiceOf } from "./service.ts";

declare const gc: () => void;

const server = createServer({
  name: "holder",
  address: "127.0.0.1:0",
  logger: { debug() {}, info() {}, warn() {}, error() {} },
  // It would refuse some of the calls, more of them on a slow machine.
  overload: false,
});
let dropped = Promise.withResolvers<void>();
let held = 0;

const service = costServiceOf();
const keep = async (request: unknown) => {
  held++;
  await dropped.promise;
  held--;
  // It uses the request, or V8 would collect it before.
  return typeof request === "object" ? {} : undefined;
};
server.add(service, Object.fromEntries(Object.keys(service.methods).map((name) => [name, keep])) as never);
await server.start();
console.log(server.address);

for await (const line of Deno.stdin.readable.pipeThrough(new TextDecoderStream())) {
  if (line.startsWith("drop")) {
    dropped.resolve();
    dropped = Promise.withResolvers();
    while (held > 0) await new Promise((done) => setTimeout(done));
  }
  if (line.startsWith("collect")) gc();
  const { heapUsed } = Deno.memoryUsage();
  console.log(JSON.stringify({ held, heapUsed, hits: Object.fromEntries(server.limitHits) }));
}
await server.stop({ force: true });
