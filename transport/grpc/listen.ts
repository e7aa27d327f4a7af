import { type Address, formatAddress } from "../../rpc/address.ts";
import type { Limits, Listener, ListenOptions } from "../transport.ts";
import { ServerConnection, type ServerHost } from "./server_connection.ts";

/** The longest time between two looks at the clock, in milliseconds. */
const TICK = 1000;

/** Serves calls at an address. */
export function listen(options: ListenOptions): Promise<Listener> {
  const { address } = options;
  if (address.kind === "memory") throw new TypeError(`"http2" can't listen on ${formatAddress(address)}`);
  const listener = address.kind === "unix"
    ? Deno.listen({ transport: "unix", path: address.path })
    : Deno.listen({ hostname: address.host, port: address.port });
  return Promise.resolve(new GrpcListener(listener, options));
}

/** What accepts connections, and looks after them. */
class GrpcListener implements Listener, ServerHost {
  readonly address: Address;
  readonly options: ListenOptions;
  readonly budget = { octets: 0 };
  readonly limitHits: Map<keyof Limits, number> = new Map();
  readonly #listener: Deno.Listener;
  readonly #connections = new Map<ServerConnection, Promise<void>>();
  readonly #ticker: ReturnType<typeof setInterval>;
  #closed = false;

  constructor(listener: Deno.Listener, options: ListenOptions) {
    const { addr } = listener;
    this.address = addr.transport === "tcp" ? { kind: "tcp", host: addr.hostname, port: addr.port } : options.address;
    this.options = options;
    this.#listener = listener;
    this.#ticker = setInterval(() => this.#tick(), tickOf(options.limits));
    this.#accept();
  }

  hit(limit: keyof Limits): void {
    this.limitHits.set(limit, (this.limitHits.get(limit) ?? 0) + 1);
  }

  async drain(): Promise<void> {
    this.#unlisten();
    for (const connection of this.#connections.keys()) connection.drain();
    await Promise.all(this.#connections.values());
    clearInterval(this.#ticker);
  }

  async close(): Promise<void> {
    this.#unlisten();
    for (const connection of this.#connections.keys()) connection.close();
    await Promise.all(this.#connections.values());
    clearInterval(this.#ticker);
  }

  #unlisten(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#listener.close();
  }

  async #accept(): Promise<void> {
    while (!this.#closed) {
      try {
        this.#serve(await this.#listener.accept());
      } catch (error) {
        if (this.#closed) return;
        // Out of descriptors, for example: it passes when connections end.
        this.options.logger.error("a connection was not accepted", { error });
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
    }
  }

  #serve(conn: Deno.Conn): void {
    if (this.#connections.size >= this.options.limits.connections) {
      this.hit("connections");
      return conn.close();
    }
    if ("setNoDelay" in conn) (conn as Deno.TcpConn).setNoDelay(true);
    const connection = new ServerConnection(conn, { address: peerAddress(conn.remoteAddr, this.address) }, this);
    this.#connections.set(connection, connection.run().finally(() => this.#connections.delete(connection)));
  }

  #tick(): void {
    const now = performance.now();
    for (const connection of this.#connections.keys()) connection.tick(now);
  }
}

/** Often enough for the shortest of the limits that are times. */
function tickOf(limits: Limits): number {
  const {
    handshakeTimeout,
    headersTimeout,
    idleTimeout,
    stallTimeout,
    connectionAge,
    keepaliveInterval,
    keepaliveTimeout,
  } = limits;
  const least = Math.min(
    ...[
      handshakeTimeout,
      headersTimeout,
      idleTimeout,
      stallTimeout,
      connectionAge,
      keepaliveInterval,
      keepaliveTimeout,
    ],
  );
  return Math.min(TICK, Math.max(least / 4, 10));
}

function peerAddress(addr: Deno.Addr, own: Address): string {
  return addr.transport === "tcp"
    ? formatAddress({ kind: "tcp", host: addr.hostname, port: addr.port })
    : formatAddress(own);
}
