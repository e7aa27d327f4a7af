/**
 * A server of the kit in a process of its own, for programs that may break it:
 *
 *     deno run -A tests/conformance/serve.ts TRANSPORT [tls] [gzip]
 *
 * It prints `READY 127.0.0.1:PORT`. With `tls` it makes itself a certificate.
 *
 * @module
 */

import { createServer, type ServerTls } from "../../mod.ts";
import { kindsHandlers } from "../kinds.ts";
import { Kinds } from "../proto/kinds.ts";
import { type SocketTransport, transportOf } from "../transport_of.ts";

async function selfSigned(): Promise<ServerTls> {
  const args =
    "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 1 -subj /CN=localhost -keyout - -out -";
  const { success, stdout, stderr } = await new Deno.Command("openssl", { args: args.split(" "), stdin: "null" })
    .output();
  const pem = new TextDecoder().decode(stdout);
  if (!success) throw new Error(`openssl ${args} failed: ${new TextDecoder().decode(stderr)}`);
  const part = (name: string) => pem.match(new RegExp(`-----BEGIN ${name}-----[^]*?-----END ${name}-----`))![0];
  return { cert: part("CERTIFICATE"), key: part("PRIVATE KEY") };
}

const [transport, ...modes] = Deno.args;
const server = createServer({
  name: "kinds",
  address: "127.0.0.1:0",
  reflection: true,
  transport: transportOf(transport as SocketTransport),
  tls: modes.includes("tls") ? await selfSigned() : undefined,
  compression: modes.includes("gzip") ? "gzip" : "identity",
  drainTimeout: 1000,
});
server.add(Kinds, kindsHandlers());
await server.start();
console.log(`READY ${server.address}`);
await new Promise<void>((resolve) => Deno.addSignalListener("SIGTERM", resolve));
await server.stop();
Deno.exit();
