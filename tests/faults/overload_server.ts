/**
 * A server that can be overloaded: each of its handlers can serve about 500 calls a second. `"cpu"` keeps the thread
 * busy for 2 ms, `"late"` after it has waited for 5 ms; `"pool"` waits 20 ms for one of ten connections to a database
 * that does not exist.
 *
 * @module
 */

import { createServer, type ServerPolicy } from "../../mod.ts";
import { EchoService } from "../../proto/echo.ts";

const CONNECTIONS = 10;
const waiting: (() => void)[] = [];
const perMillisecond = calibrate();
let used = 0;

const policy: ServerPolicy = JSON.parse(Deno.args[0]!);
const server = createServer({ name: "overload", address: "127.0.0.1:0", ...policy });
server.add(EchoService, {
  echo: ({ mes }) => mes === "cpu" ? compute() : mes === "late" ? late() : pool(),
});
await server.start();
console.log(server.address);
for await (const _ of Deno.stdin.readable) console.log(JSON.stringify(Object.fromEntries(server.limitHits)));
await server.stop({ force: true });

/** Work of the processor, not of the clock: on a busy machine it takes longer. */
function spin(rounds: number): number {
  let x = 1;
  for (let i = 0; i < rounds; i++) x = Math.imul(x, 1664525) + 1013904223 | 0;
  return x;
}

function calibrate(): number {
  let best = 0;
  for (let i = 0; i < 50; i++) {
    const start = performance.now();
    spin(1e6);
    best = Math.max(best, 1e6 / (performance.now() - start));
  }
  return best;
}

function compute() {
  return { resp: String(spin(2 * perMillisecond)) };
}

async function late() {
  await new Promise((resolve) => setTimeout(resolve, 5));
  return compute();
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
