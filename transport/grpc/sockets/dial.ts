import { formatAddress } from "../../../base/address.ts";
import { connectTls } from "../../../tls/connect.ts";
import { ConnectError } from "../../connect_error.ts";
import { type TlsError, tlsTrouble } from "../../tls_trouble.ts";
import type { ClientTls, ConnectOptions } from "../../transport.ts";
import { NodeSocket } from "./node_socket.ts";
import type { Socket } from "./socket.ts";

/**
 * Opens a socket to a server, with TLS if the options ask for it.
 *
 * @throws {ConnectError} If the socket can't be opened; the message says why, and what to do.
 */
export async function dial(options: ConnectOptions): Promise<Socket> {
  const { address, signal, tls } = options;
  if (address.kind === "memory") throw new TypeError(`"http2" can't connect to ${formatAddress(address)}`);
  try {
    signal.throwIfAborted();
    if (tls && (tls.ca !== undefined || tls.cert !== undefined || address.kind === "unix")) {
      return await dialByNode(options, tls);
    }
    if (address.kind === "unix") return await Deno.connect({ transport: "unix", path: address.path });
    const conn = await Deno.connect({ hostname: address.host, port: address.port, signal });
    conn.setNoDelay(true);
    return tls ? await startTls(conn, options, tls) : conn;
  } catch (cause) {
    if (signal.aborted) throw signal.reason;
    if (cause instanceof ConnectError) throw cause;
    const { syscall, code, message } = cause as Error & { syscall?: string; code?: string };
    const why = syscall === "connect" ? code : message; // the message of node:tls repeats the address
    throw new ConnectError("unreachable", () => `can't connect to ${formatAddress(address)}: ${why}`, cause);
  }
}

/** Returns the error for a server that was reached but with which TLS failed. */
function tlsFailure({ address }: ConnectOptions, tls: ClientTls, error: TlsError): ConnectError {
  const trouble = tlsTrouble(error, tls, nameOf({ address }, tls));
  return new ConnectError("tls", (words) => `${formatAddress(address)} ${trouble(words)}`, error);
}

const NO_HTTP2 = "it offers no HTTP/2; is it another service?";

/** The name that the server's certificate must have. */
const nameOf = ({ address }: Pick<ConnectOptions, "address">, { serverName }: ClientTls) =>
  serverName ?? (address.kind === "tcp" ? address.host : "localhost");

/**
 * Starts Deno's own TLS, with the authorities that Deno trusts. It can't exclude these, and it can't present a client's
 * certificate.
 */
async function startTls(conn: Deno.TcpConn, options: ConnectOptions, tls: ClientTls): Promise<Socket> {
  const { signal } = options;
  const secure = await Deno.startTls(conn, { hostname: nameOf(options, tls), alpnProtocols: ["h2"] });
  const onAbort = () => secure.close();
  signal.addEventListener("abort", onAbort);
  try {
    const { alpnProtocol } = await secure.handshake();
    if (alpnProtocol !== "h2") throw new Error(NO_HTTP2);
    return secure;
  } catch (error) {
    if (signal.aborted) throw error;
    secure.close();
    throw tlsFailure(options, tls, error as TlsError);
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}

/** TLS by node:tls. */
async function dialByNode(options: ConnectOptions, tls: ClientTls): Promise<Socket> {
  const { address, signal } = options;
  const { ca, cert, key } = tls;
  const target = address.kind === "unix"
    ? { path: address.path }
    : { host: nameOf({ address }, {}), port: (address as { port: number }).port };
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const trust = { ca, name: nameOf(options, tls) };
  const socket = connectTls({ ...target, cert, key, minVersion: "TLSv1.2", ALPNProtocols: ["h2"] }, trust, resolve);
  const onAbort = () => socket.destroy(signal.reason);
  signal.addEventListener("abort", onAbort);
  socket.once("error", reject);
  socket.once("close", () => reject(new Error("the server hung up")));
  try {
    await promise;
    if (socket.alpnProtocol !== "h2") throw new Error(NO_HTTP2);
    socket.setNoDelay(true);
    return new NodeSocket(socket);
  } catch (error) {
    socket.destroy();
    if (signal.aborted || (error as TlsError).code?.startsWith("ECONN")) throw error;
    throw tlsFailure(options, tls, error as TlsError);
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}
