/**
 * The Dinokit server of the bench. `--transport` and `--workers` are passed to createServer; without them, the kit's
 * defaults apply.
 *
 * @module
 */

import { createServer, type ServerOptions } from "../../mod.ts";
import { EchoService } from "../bench.ts";
import { flags, tls } from "../node/flags.mjs";
import { grpcJs } from "../../transport/grpc_js/mod.ts";

const options: ServerOptions = { name: "bench", address: "127.0.0.1:0" };
if (flags.transport === "grpc-js") Object.assign(options, { transport: grpcJs() });
if (flags.workers) Object.assign(options, { workers: Number(flags.workers) });
if (tls) options.tls = { cert: tls.cert.toString(), key: tls.key.toString() };
const server = createServer(options);
server.add(EchoService, {
  echo: (req) => ({ resp: req.mes }),
  async *download({ count, size }) {
    const chunk = { data: new Uint8Array(size) };
    for (let i = 0; i < count; i++) yield chunk;
  },
  async *chat(requests) {
    for await (const { mes } of requests) yield { resp: mes };
  },
});
await server.start();
console.log(`READY ${server.address}`);
await server.finished;
