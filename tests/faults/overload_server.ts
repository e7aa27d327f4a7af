/**
 * A server that can be overloaded: its handlers can serve 500 calls a second each. `"cpu"` keeps the thread busy for 2 ms, `"pool"` waits 20 ms
 * for one of ten connections to a database that does not exist.
 *
 * @module
 */

import { createServer, type ServerPolicy } from "../../mod.ts";
import { EchoService } from "../../proto/echo.ts";

const CONNECTIONS = 10;
const waiting: (() => void)[] = [];
let used = 0;

const policy: ServerPolicy = JSON.parse(Deno.args[0]!);
const server = createServer({ name: "overload", address: "127.0.0.1:0", ...policy });
server.add(EchoService, {
  echo: ({ mes }) => mes === "cpu" ? cpu() : pool(),
});
await server.start();
console.log(server.address);
for await (const _ of Deno.stdin.readable) console.log(JSON.stringify(Object.fromEntries(server.limitHits)));
await server.stop({ force: true });

function cpu() {
  const end = performance.now() + 2;
  while (performance.now() < end);
  return { resp: "done" };
}

async function pool() {
  if (used === CONNECTIONS) await new Promise<void>((resolve) => waiting.push(resolve));
  else used++;
  await new Promise((resolve) => setTimeout(resolve, 20));
  const next = waiting.shift();
  if (next) next();
  else used--;
  return { resp: "done" };
}
