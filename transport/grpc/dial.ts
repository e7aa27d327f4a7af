import { connect as connectTls } from "node:tls";
import { formatAddress } from "../../rpc/address.ts";
import { type TlsError, tlsTrouble } from "../tls_trouble.ts";
import type { ConnectOptions } from "../transport.ts";
import { NodeSocket } from "./node_socket.ts";
import type { Socket } from "./socket.ts";

/**
 * Opens a socket to a server, with TLS if that is wanted.
 *
 * @throws {Error} If it can't be opened; the message says why, and what to do.
 */
export async function dial(options: ConnectOptions): Promise<Socket> {
  const { address, signal, tls } = options;
  if (address.kind === "memory") throw new TypeError(`"http2" can't connect to ${formatAddress(address)}`);
  try {
    signal.throwIfAborted();
    if (tls) return await dialTls(options);
    if (address.kind === "unix") return await Deno.connect({ transport: "unix", path: address.path });
    const conn = await Deno.connect({ hostname: address.host, port: address.port, signal });
    conn.setNoDelay(true);
    return conn;
  } catch (cause) {
    if (signal.aborted) throw signal.reason;
    if (cause instanceof TlsFailure) throw cause;
    const why = (cause as Error).message.replace(/^connect (E[A-Z]+) .*$/, "$1"); // node:tls repeats the address
    throw new Error(`can't connect to ${formatAddress(address)}: ${why}`, { cause });
  }
}

/** The server was reached, and TLS failed. */
class TlsFailure extends Error {}

/** By node:tls: `Deno.connectTls` takes no name other than the host that it connects to. */
async function dialTls({ address, signal, tls = {} }: ConnectOptions): Promise<Socket> {
  const { ca, cert, key, serverName } = tls;
  const host = address.kind === "tcp" ? address.host : "localhost";
  const target = address.kind === "unix" ? { path: address.path } : { host, port: (address as { port: number }).port };
  const named = serverName === undefined ? {} : { servername: serverName };
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const socket = connectTls({ ...target, ...named, ca, cert, key, minVersion: "TLSv1.2", ALPNProtocols: ["h2"] });
  const onAbort = () => socket.destroy(signal.reason);
  signal.addEventListener("abort", onAbort);
  socket.once("secureConnect", resolve);
  socket.once("error", reject);
  socket.once("close", () => reject(new Error("the server hung up")));
  try {
    await promise;
    if (socket.alpnProtocol !== "h2") {
      throw new Error("it offers no HTTP/2; is it another service?");
    }
    socket.setNoDelay(true);
    return new NodeSocket(socket);
  } catch (error) {
    socket.destroy();
    if (signal.aborted || (error as TlsError).code?.startsWith("ECONN")) throw error;
    const why = tlsTrouble(error as TlsError, tls, serverName ?? host);
    throw new TlsFailure(`${formatAddress(address)} ${why}`, { cause: error });
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}
