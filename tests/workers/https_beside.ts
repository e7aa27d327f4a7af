/**
 * A server with mutual TLS whose worker has a node:https server beside it, which asks nobody for a certificate. SIGUSR1
 * changes the authority of the clients.
 *
 * @module
 */

import { createServer as createHttpsServer } from "node:https";
import { createServer, type ServerTls } from "../../mod.ts";
import { EchoService } from "../../proto/echo.ts";

const { tls, nextTls }: { tls: ServerTls; nextTls: ServerTls } = JSON.parse(Deno.args[0]!);
const inWorker = Boolean((globalThis as { name?: string }).name);

if (inWorker) {
  const plain = createHttpsServer({ cert: tls.cert, key: tls.key });
  plain.listen(0, "127.0.0.1", () => {
    console.log(JSON.stringify({ plain: `127.0.0.1:${(plain.address() as { port: number }).port}` }));
  });
}
const server = createServer({ name: "echo", address: "127.0.0.1:0", tls, workers: 1 });
server.add(EchoService, { echo: (_, { peer }) => ({ resp: peer.identity?.commonName ?? "nobody" }) });
const ended = server.run();
await server.start();
if (!inWorker) {
  Deno.addSignalListener("SIGUSR1", () => {
    server.setTls(nextTls);
    console.log(JSON.stringify({ changed: true }));
  });
  console.log(JSON.stringify({ address: server.address }));
}
await ended;
Deno.exit(0);
