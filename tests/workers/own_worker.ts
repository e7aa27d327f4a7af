/**
 * A program that serves in a worker of its own making.
 *
 * @module
 */

import { createServer } from "../../mod.ts";
import { EchoService } from "../../proto/echo.ts";

/** What the global scope of a worker has. */
interface Scope {
  readonly name?: string;
  postMessage(message: unknown): void;
}
const scope = globalThis as unknown as Scope;

if (scope.name !== "my worker") {
  const worker = new Worker(import.meta.url, { type: "module", name: "my worker" });
  worker.addEventListener("message", (event) => console.log(JSON.stringify((event as MessageEvent).data)));
} else {
  let refused = "";
  try {
    createServer({ name: "echo", address: "127.0.0.1:0", workers: 1 });
  } catch (error) {
    refused = (error as Error).message;
  }
  const server = createServer({ name: "echo", address: "127.0.0.1:0" });
  server.add(EchoService, { echo: () => ({ resp: `${scope.name}: ${refused}` }) });
  await server.start();
  scope.postMessage({ address: server.address });
}
