import { type Address, formatAddress } from "../../base/address.ts";
import type { Peer } from "../../rpc/peer.ts";
import { every } from "../../base/time.ts";
import { isExhausted, type Shortage, shortageAt } from "../file_descriptors.ts";
import { RefusalLog } from "../refusal_log.ts";
import { removeStaleSocket } from "../stale_socket.ts";
import type { Limits, Listener, ListenOptions, ServerTls } from "../transport.ts";
import { type Acceptor, acceptPlain, type Host } from "./sockets/accept.ts";
import { acceptTls } from "./sockets/accept_tls.ts";
import { ServerConnection } from "./connection/server_connection.ts";
import type { ServerHost } from "./call/server_host.ts";
import type { Socket } from "./sockets/socket.ts";

/** The maximum time between two checks of the time limits, in milliseconds. */
const TICK_MS = 1000;

/** Serves calls at an address. */
export async function listen(options: ListenOptions): Promise<Listener> {
  const { address, tls } = options;
  if (address.kind === "memory") throw new TypeError(`"http2" can't listen on ${formatAddress(address)}`);
  if (address.kind === "unix") await removeStaleSocket(address.path);
  const listener = new GrpcListener(options);
  await listener.start(tls ? acceptTls : acceptPlain);
  return listener;
}

/** Accepts connections, and owns them. */
class GrpcListener implements Listener, ServerHost, Host {
  readonly options: ListenOptions;
  readonly budget = { received: 0, queued: 0 };
  decoded = 0;
  readonly limitHits: Map<keyof Limits, number> = new Map();
  readonly refusals: RefusalLog;
  readonly #connections = new Map<ServerConnection, Promise<void>>();
  #acceptor: Acceptor | undefined;
  #stopTicking: (() => void) | undefined;
  #leaving = false;
  /** Resolves when it has stopped accepting. */
  #closed: Promise<void> | undefined;
  /** The reduced number of connections after a shortage of descriptors. */
  #shortage: Shortage = { room: Infinity, until: 0 };

  constructor(options: ListenOptions) {
    this.options = options;
    this.refusals = new RefusalLog(options.logger);
  }

  get connections(): number {
    return this.#connections.size;
  }

  get address(): Address {
    return this.#acceptor!.address;
  }

  async start(accept: typeof acceptPlain | typeof acceptTls): Promise<void> {
    this.#acceptor = await accept(this.options, this);
    this.#stopTicking = every(tickOf(this.options.limits), () => this.#tick());
  }

  setTls(tls: ServerTls): void {
    this.#acceptor?.setTls?.(tls);
  }

  hit(limit: keyof Limits): void {
    this.limitHits.set(limit, (this.limitHits.get(limit) ?? 0) + 1);
  }

  drain(): Promise<void> {
    return this.#leave((connection) => connection.drain("graceful_stop"));
  }

  close(): Promise<void> {
    return this.#leave((connection) => connection.close());
  }

  async #leave(how: (connection: ServerConnection) => void): Promise<void> {
    if (!this.#leaving) this.#closed = Promise.resolve(this.#acceptor?.close());
    this.#leaving = true;
    for (const connection of this.#connections.keys()) how(connection);
    await Promise.all([this.#closed, ...this.#connections.values()]);
    this.#stopTicking?.();
  }

  admits(pending: number): boolean {
    if (this.#leaving) return false;
    const most = Math.min(this.options.limits.connections, this.#shortage.room);
    if (this.#connections.size + pending < most) return true;
    this.hit("connections");
    return false;
  }

  /**
   * Closes some connections, beginning with the youngest without calls. For a while, it accepts no more than the
   * reduced number.
   */
  exhausted(): void {
    if (performance.now() < this.#shortage.until) return;
    const size = this.#connections.size + (this.#acceptor?.makeRoom?.() ?? 0);
    this.#shortage = shortageAt(this.address, size, this.options.logger);
    const idle: ServerConnection[] = [], busy: ServerConnection[] = [];
    for (const connection of this.#connections.keys()) (connection.idle ? idle : busy).push(connection);
    for (const connection of [...busy, ...idle].slice(this.#shortage.room)) connection.makeRoom();
  }

  serve(socket: Socket, peer: Peer): () => void {
    const connection = new ServerConnection(socket, peer, this);
    const ended = connection.run()
      .catch((error) => this.options.logger.error("a connection has failed", { peer: peer.address, error }))
      .finally(() => this.#connections.delete(connection));
    this.#connections.set(connection, ended);
    return () => connection.drain("", this.options.limits.connectionAgeGrace);
  }

  #tick(): void {
    const now = performance.now();
    if (now >= this.#shortage.until) this.#shortage = { room: Infinity, until: 0 };
    if (isExhausted(this.address)) this.exhausted();
    this.#acceptor?.tick?.();
    for (const connection of this.#connections.keys()) connection.tick(now);
  }
}

/** Returns an interval that is short enough for the shortest time limit. */
function tickOf(limits: Limits): number {
  const times = [
    limits.handshakeTimeout,
    limits.headersTimeout,
    limits.idleTimeout,
    limits.stallTimeout,
    limits.connectionAge,
    limits.connectionAgeGrace,
    limits.keepaliveInterval,
    limits.keepaliveTimeout,
  ];
  return Math.min(TICK_MS, Math.max(Math.min(...times) / 4, 10));
}
