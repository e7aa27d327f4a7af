/**
 * A server that is slow to start, as a program of its own: it says when its start has begun. Its argument is its number
 * of workers; without any it goes on with the start at the first line on stdin.
 *
 * @module
 */

import { createServer, memoryTransport, type ServerOptions, type Transport } from "../mod.ts";
import { EchoService } from "../proto/echo.ts";

const workers = JSON.parse(Deno.args[0]!) as number;
const memory = memoryTransport();
const slow: Transport = {
  ...memory,
  async listen(options) {
    console.log("starting");
    await Deno.stdin.read(new Uint8Array(1));
    return await memory.listen(options);
  },
};
const options: Partial<ServerOptions> = workers > 0 ? { workers } : { transport: slow, address: "memory:echo" };
const server = createServer({ name: "echo", address: "127.0.0.1:0", ...options });
server.add(EchoService, { echo: () => ({}) });
const ended = server.run();
const isMain = !("WorkerGlobalScope" in globalThis);
if (workers > 0 && isMain) console.log("starting");
await ended;
if (isMain) console.log("the end");
