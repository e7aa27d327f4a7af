/**
 * A program that listens for itself before its server with workers starts, in each worker too, where the port is taken.
 * Its argument says what it does about that: `"fails"`, or `"waits"` for ever.
 *
 * @module
 */

import { createServer } from "../../mod.ts";
import { EchoService } from "../../proto/echo.ts";

const { workers: _, port, then } = JSON.parse(Deno.args[0]!) as { workers: number; port: number; then: string };
try {
  Deno.listen({ hostname: "127.0.0.1", port });
} catch (error) {
  if (then === "fails") throw error;
  await new Promise(() => {});
}
const server = createServer({ name: "echo", address: "127.0.0.1:0", workers: 1 });
server.add(EchoService, { echo: () => ({}) });
try {
  await server.start();
} catch (error) {
  console.error((error as Error).message);
  Deno.exit(1);
}
