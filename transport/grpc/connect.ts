import { formatAddress } from "../../rpc/address.ts";
import type { Connection, ConnectOptions } from "../transport.ts";
import { ClientConnection } from "./client_connection.ts";
import type { Socket } from "./socket.ts";

/** Connects to a server, and waits until it has said its SETTINGS. */
export async function connect(options: ConnectOptions): Promise<Connection> {
  const { address, signal } = options;
  signal.throwIfAborted();
  const socket = await dial(options).catch((cause) => {
    if (signal.aborted) throw signal.reason;
    throw new Error(`can't connect to ${formatAddress(address)}: ${cause.message}`, { cause });
  });
  const connection = new ClientConnection(socket, options);
  const giveUp = () => void connection.close(true);
  signal.addEventListener("abort", giveUp);
  try {
    await connection.ready;
    return connection;
  } catch (cause) {
    if (signal.aborted) throw signal.reason;
    throw new Error(`no HTTP/2 at ${(cause as Error).message}`, { cause });
  } finally {
    signal.removeEventListener("abort", giveUp);
  }
}

async function dial({ address, tls, signal }: ConnectOptions): Promise<Socket> {
  if (address.kind === "memory") throw new TypeError(`"http2" can't connect to ${formatAddress(address)}`);
  const conn: Deno.TcpConn | Deno.UnixConn = address.kind === "unix"
    ? await Deno.connect({ transport: "unix", path: address.path })
    : await Deno.connect({ hostname: address.host, port: address.port, signal });
  if ("setNoDelay" in conn) conn.setNoDelay(true);
  void tls;
  return conn;
}
