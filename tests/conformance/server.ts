import { fileURLToPath } from "node:url";
import { type Peer, startProgram } from "../program.ts";
import type { SocketTransport } from "../transport_of.ts";

/** Starts `serve.ts`, a server of the kit in a process of its own. It ends with the scope of `await using`. */
export async function startServer(
  transport: SocketTransport,
  { tls = false, gzip = false }: { tls?: boolean; gzip?: boolean } = {},
): Promise<Peer> {
  const script = fileURLToPath(new URL("serve.ts", import.meta.url));
  const modes = [...(tls ? ["tls"] : []), ...(gzip ? ["gzip"] : [])];
  return await startProgram(
    { path: Deno.execPath(), args: ["run", "-A", script, transport, ...modes] },
    "READY 127.0.0.1:",
  );
}
