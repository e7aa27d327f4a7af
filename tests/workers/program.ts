/**
 * A server as a program of its own, for the tests of workers: its argument is the options as JSON. A message says what
 * its handler does.
 *
 * @module
 */

import { createServer, detached, type ServerOptions, type ServerTls } from "../../mod.ts";
import { EchoService } from "../../proto/echo.ts";

const { nextTls, unwell, ...options }: Partial<ServerOptions> & { nextTls?: ServerTls; unwell?: boolean } = JSON.parse(
  Deno.args[0]!,
);
const thread = (globalThis as { name?: string }).name || "main";
/** Another one in each thread that was ever started. */
const birth = crypto.randomUUID();
const names = ["read", "write", "env", "run", "sys", "ffi", "import", "net"] as const;

if (unwell) options.health = { address: "127.0.0.1:0", checks: { database: () => false } };
const server = createServer({ name: "echo", address: "127.0.0.1:0", ...options });
server.add(EchoService, {
  async echo({ mes }, ctx) {
    if (mes === "crash") {
      setTimeout(() => {
        throw new Error("a timer of a handler");
      });
    }
    if (mes === "reject") void Promise.reject(new Error("nobody waits for it"));
    if (mes === "exit") setTimeout(() => Deno.exit(3));
    if (mes === "slow") {
      ctx.sendHeader();
      await new Promise((resolve) => setTimeout(resolve, 300));
    }
    if (mes === "hang") {
      ctx.sendHeader();
      await new Promise(() => {});
    }
    if (mes === "drain") {
      ctx.sendHeader();
      await new Promise((resolve) => ctx.draining.addEventListener("abort", resolve));
      return { resp: `draining, ${ctx.signal.aborted}` };
    }
    if (mes === "detached") {
      void detached(async () => {
        await new Promise((resolve) => setTimeout(resolve, 500));
        console.error(`${thread}: the detached work has ended`);
      });
    }
    if (mes === "loop") { for (;;); }
    if (mes === "read") await Deno.readTextFile(new URL(import.meta.url));
    if (mes === "run") await new Deno.Command(Deno.execPath()).output();
    if (mes === "permissions") {
      return { resp: names.filter((name) => Deno.permissions.querySync({ name }).state === "granted").join() };
    }
    return { resp: `${thread} ${birth}` };
  },
});

try {
  const ended = server.run();
  await server.start();
  if (thread === "main") {
    if (nextTls) Deno.addSignalListener("SIGUSR1", () => server.setTls(nextTls));
    console.log(JSON.stringify({ address: server.address, health: server.healthAddress }));
  }
  await ended;
  if (thread === "main") console.log(JSON.stringify({ hits: Object.fromEntries(server.limitHits) }));
  Deno.exit(0);
} catch (error) {
  console.error(`${thread}: ${error}`);
  Deno.exit(1);
}
