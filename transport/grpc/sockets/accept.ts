import { createServer as createTcpServer, type Socket as NodeTcpSocket } from "node:net";
import { type Address, formatAddress, peerAddress } from "../../../base/address.ts";
import { inBackground } from "../../../base/background.ts";
import type { Peer } from "../../../rpc/peer.ts";
import { after } from "../../../base/time.ts";
import type { Limits, ListenOptions, ServerTls } from "../../transport.ts";
import { acceptAgain, isExhaustion } from "../../file_descriptors.ts";
import { NodeSocket } from "./node_socket.ts";
import type { Socket } from "./socket.ts";

/** Listens, and passes accepted sockets to a {@linkcode Host}. */
export interface Acceptor {
  /** The address that it listens on, with its actual port. */
  readonly address: Address;
  /** Replaces the certificates for new connections. */
  setTls?(tls: ServerTls): void;
  /** Makes sure that it still accepts connections. The listener calls this at intervals. */
  tick?(): void;
  /** Closes the connections that are not served yet, and returns how many. */
  makeRoom?(): number;
  /** Stops accepting. Resolves when the file of its unix socket is gone. */
  close(): Promise<void> | void;
}

/** Receives accepted sockets. */
export interface Host {
  /** Returns whether there is room for one more connection besides `pending` connections that are not served yet. */
  admits(pending: number): boolean;
  /** Called when a limit was exceeded. */
  hit(limit: keyof Limits): void;
  /** Called when no file descriptor was left for a connection. */
  exhausted(): void;
  /**
   * Serves an accepted socket.
   *
   * @returns A function that drains the connection: calls in flight may end within `limits.connectionAgeGrace`.
   */
  serve(socket: Socket, peer: Peer): () => void;
}

/**
 * `Deno.listen` ends the process if a shared port is requested without --unstable-net. The flag has one other visible
 * effect.
 */
const DENO_SHARES_PORTS = "WebTransport" in globalThis;

/**
 * Listens without TLS.
 *
 * @throws {Deno.errors.AddrInUse} If another process listens there.
 */
export function acceptPlain(options: ListenOptions, host: Host): Acceptor | Promise<Acceptor> {
  const { address, reusePort } = options;
  if (reusePort && !DENO_SHARES_PORTS) return acceptByNode(options, host);
  const listener: Deno.Listener<Deno.Conn> = address.kind === "unix"
    ? Deno.listen({ transport: "unix", path: address.path })
    : Deno.listen({
      hostname: (address as { host: string }).host,
      port: (address as { port: number }).port,
      ...(reusePort && { reusePort }),
    });
  const { addr } = listener;
  const own: Address = addr.transport === "tcp" ? { kind: "tcp", host: addr.hostname, port: addr.port } : address;
  let closed = false;
  const accept = async () => {
    while (!closed) {
      try {
        const conn: Deno.Conn = await listener.accept();
        if ("setNoDelay" in conn) (conn as Deno.TcpConn).setNoDelay(true);
        const { remoteAddr: peer } = conn;
        const from = peer.transport === "tcp" ? peerAddress(peer.hostname, peer.port) : own;
        if (host.admits(0)) host.serve(conn, { address: formatAddress(from) });
        else conn.close();
      } catch (error) {
        if (closed) return;
        if (isExhaustion(error)) host.exhausted();
        else options.logger.error("a connection was not accepted", { error });
        await new Promise<void>((resolve) => after(100, resolve));
      }
    }
  };
  let accepting: Promise<void>;
  inBackground("the acceptance of connections", options.logger, () => accepting = accept());
  return {
    address: own,
    close() {
      closed = true;
      if (address.kind === "unix") return closeUnix(listener, address.path, accepting);
      listener.close();
    },
  };
}

/**
 * Closes the listener of a unix socket. Deno removes the file only after a pending accept() has ended. By then, another
 * process may own the file. A connection of our own therefore ends the accept() first.
 */
async function closeUnix(listener: Deno.Listener<Deno.Conn>, path: string, accepting: Promise<void>): Promise<void> {
  // Without the permission for the file, Deno has to end the accept().
  const own = await Deno.connect({ transport: "unix", path }).catch(() => undefined);
  if (own) await accepting;
  listener.close();
  own?.close();
  await accepting;
}

/** Listens on a shared port without --unstable-net, by node:net. Node's sockets take more time for each call. */
async function acceptByNode(options: ListenOptions, host: Host): Promise<Acceptor> {
  const server = createTcpServer({ noDelay: true }, (socket) => {
    if (host.admits(0)) host.serve(new NodeSocket(socket), peerOf(socket, options.address));
    else socket.destroy();
  });
  return {
    address: await listening(server, options),
    tick: () => acceptAgain(server),
    close: () => void server.close(),
  };
}

/** Resolves with the address that a server really listens on. */
export async function listening(
  server: ReturnType<typeof createTcpServer>,
  { address, reusePort }: ListenOptions,
): Promise<Address> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.on("error", (error: Error & { code?: string }) => {
    reject(error.code === "EADDRINUSE" ? new Deno.errors.AddrInUse(error.message) : error);
  });
  if (address.kind === "unix") server.listen(address.path, resolve);
  else if (address.kind === "tcp") server.listen({ host: address.host, port: address.port, reusePort }, resolve);
  await promise;
  return address.kind === "tcp" ? { ...address, port: (server.address() as { port: number }).port } : address;
}

/** Returns the peer of a socket. */
export function peerOf({ remoteAddress: host, remotePort: port }: NodeTcpSocket, own: Address): Peer {
  return { address: formatAddress(own.kind === "tcp" && host && port ? peerAddress(host, port) : own) };
}
