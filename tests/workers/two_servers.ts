/**
 * A program with two servers, of which one has workers.
 *
 * @module
 */

import { createServer } from "../../mod.ts";
import { EchoService } from "../../proto/echo.ts";

const echo = { echo: () => ({}) };
const first = createServer({ name: "first", address: "127.0.0.1:0", workers: 1 }).add(EchoService, echo);
const second = createServer({ name: "second", address: "127.0.0.1:0" }).add(EchoService, echo);
try {
  await Promise.all([first.start(), second.start()]);
} catch (error) {
  console.error((error as Error).message);
  Deno.exit(1);
}
