import { formatAddress } from "../../../base/address.ts";
import { inBackground } from "../../../base/background.ts";
import type { Peer } from "../../../rpc/peer.ts";
import { Queue } from "../../../base/collections/queue.ts";
import { every } from "../../../base/time.ts";
import { Connection as Http2Connection, type ConnectionEvents } from "../../http2/connection.ts";
import { type ConnectionError, ErrorCode } from "../../http2/protocol/error.ts";
import type { FieldList } from "../../http2/hpack/field_list.ts";
import type { Budget } from "../../http2/state/budget.ts";
import type { Stream } from "../../http2/state/stream.ts";
import type { CallStart, ClientCall, Connection, ConnectOptions, Limits } from "../../transport.ts";
import { CallHeaders } from "../headers/call_headers.ts";
import type { ClientCallHost } from "../call/call_host.ts";
import { CallSet } from "../call/call_set.ts";
import { GrpcClientCall } from "../call/client_call.ts";
import { type CloseReason, PEER_SPEAKS_TLS } from "../sockets/close_reason.ts";
import { Deadlines } from "../call/deadlines.ts";
import { http2Limits } from "./http2_limits.ts";
import { Lifetime } from "./lifetime.ts";
import { Silence } from "./silence.ts";
import { Pump } from "../sockets/pump.ts";
import type { Socket } from "../sockets/socket.ts";
import { wrongProtocolOfServer } from "../sockets/wrong_protocol.ts";

/** How often a client checks its time limits, in milliseconds. */
const TICK_MS = 1000;
/** The GOAWAY text of gRPC servers for a client that pings too often (A8). */
const TOO_MANY_PINGS = "too_many_pings";

/** One connection of a client: its calls in flight, and those that wait for a stream because of the server's limit. */
export class ClientConnection implements Connection, ConnectionEvents, ClientCallHost {
  readonly peer: Peer;
  readonly closed: Promise<string>;
  readonly connection: Http2Connection;
  readonly limits: Limits;
  readonly options: ConnectOptions;
  readonly deadlines: Deadlines = new Deadlines();
  readonly calls: CallSet<GrpcClientCall> = new CallSet();
  readonly fields: CallHeaders;
  readonly budget: Budget = { received: 0, queued: 0 };
  readonly #pump: Pump;
  readonly #lost = Promise.withResolvers<string>();
  readonly #gone = Promise.withResolvers<void>();
  readonly #ready = Promise.withResolvers<CloseReason | undefined>();
  readonly #silence: Silence;
  readonly #pace: { factor: number };
  /** The factor of {@linkcode ConnectOptions.pace} when the connection was made. */
  readonly #factor: number;
  readonly #stopTicking: () => void;
  readonly #waiting = new Queue<GrpcClientCall>();
  /** Whether the process may end, because no call has been in flight for a while. */
  #resting = false;
  #why: string | undefined;
  /** Why the server can't be called at all. */
  #trouble: CloseReason | undefined;

  constructor(socket: Socket, options: ConnectOptions) {
    const { address, limits } = options;
    this.peer = { address: formatAddress(address) };
    this.closed = this.#lost.promise;
    this.options = options;
    this.limits = limits;
    this.connection = new Http2Connection("client", http2Limits(limits, "client"), this, this.budget);
    this.#silence = new Silence(limits.silenceTimeout);
    this.#pace = options.pace ?? { factor: 1 };
    this.#factor = this.#pace.factor;
    this.connection.pings.sparing = this.#factor > 1;
    const onRead = () => {
      if (this.#silence.silent) this.#speaks();
      if (this.connection.established && this.#why === undefined) this.#ready.resolve(undefined);
      if (this.#waiting.size > 0) this.#proceed(); // SETTINGS may have raised the limit of calls
    };
    this.#pump = new Pump(socket, this.connection, onRead, (first) => {
      return this.#trouble = wrongProtocolOfServer(first);
    });
    const keepaliveInterval = limits.keepaliveInterval * this.#factor;
    const lifetime = new Lifetime(this.connection, this.#pump, { ...limits, keepaliveInterval });
    // Calls in flight keep the process alive through the socket.
    this.#stopTicking = every(TICK_MS, () => this.#tick(lifetime), false);
    this.fields = new CallHeaders(options);
    inBackground(`the connection to ${this.peer.address}`, options.logger, () => this.#run());
  }

  get silent(): boolean {
    return this.#silence.silent;
  }

  /**
   * Resolves with undefined when the server's SETTINGS arrive, or with the reason if the connection ends before that.
   */
  get ready(): Promise<CloseReason | undefined> {
    return this.#ready.promise;
  }

  start(start: CallStart): ClientCall {
    // Reading the clock is not cheap, so a call that begins at once reads it only once.
    const now = start.deadline === undefined ? 0 : performance.now();
    const call = new GrpcClientCall(this, start, now);
    if (this.#resting) this.#rest(false);
    if (call.status !== undefined) return call;
    this.calls.add(call);
    this.#begin(call, now);
    return call;
  }

  close(force = false): Promise<void> {
    this.#rest(false);
    this.#retire(`${this.peer.address}: the client closed the connection`);
    if (force) {
      // Those that wait come first, so that none of them gets the stream of another.
      for (const call of [...this.#waiting, ...this.calls]) call.cancel();
      this.#pump.endSoon();
    }
    this.#proceed();
    return this.#gone.promise;
  }

  /** Starts writing what is queued. */
  wake(): void {
    this.#pump.wake();
  }

  /** Removes a call that ended while it waited for a stream. */
  forget(call: GrpcClientCall): void {
    if (call.turn) this.#waiting.remove(call.turn);
    this.#proceed();
  }

  onStream(_: Stream, __: FieldList): void {
    // A server opens no streams: the connection has rejected it.
  }

  onClosed(): void {
    this.#proceed();
  }

  onGoAway(code: ErrorCode, why: string, debug: string): void {
    if (code === ErrorCode.ENHANCE_YOUR_CALM && debug === TOO_MANY_PINGS) this.#pingsWereTooMany();
    const insecure = code === ErrorCode.INADEQUATE_SECURITY;
    this.#trouble ??= insecure ? PEER_SPEAKS_TLS : { kind: "unusable", text: `takes no calls: ${why}` };
    this.#retire(`${this.peer.address}: ${why}`);
    this.#turnAway(why);
    this.#proceed();
  }

  onFailed(error: ConnectionError): void {
    const text = `takes connections but speaks no HTTP/2; is it another service? It sent ${error.message}`;
    this.#trouble = { kind: "unusable", text };
    this.#retire(`${this.peer.address} broke HTTP/2: ${error.message}`);
    this.#pump.endSoon();
  }

  async #run(): Promise<void> {
    const reason = await this.#pump.run();
    this.#stopTicking();
    const text = this.#why ?? `${this.peer.address}: ${reason.text}`;
    this.#retire(text);
    this.connection.lose(text);
    this.#turnAway(text);
    this.deadlines.close();
    this.#ready.resolve(this.#trouble ?? reason);
    this.#gone.resolve();
  }

  #begin(call: GrpcClientCall, now: number): void {
    if (this.#why !== undefined) return call.turnAway(this.#why);
    const stream = this.#waiting.size === 0 ? this.connection.open() : undefined;
    if (stream !== undefined) call.begin(stream, now);
    else if (this.connection.accepting) call.turn = this.#waiting.push(call);
    else call.turnAway("the server takes no more calls");
    if (this.connection.usedUp) this.#usedUp();
  }

  /** No stream identifiers are left (RFC 9113, section 5.1.1), so another connection is needed. */
  #usedUp(): void {
    this.#retire("the connection takes no more calls");
    this.#turnAway("the connection takes no more calls");
  }

  /** Begins the calls that wait, as far as the server allows. Ends a connection that takes no more and has none. */
  #proceed(): void {
    while (this.#waiting.size > 0) {
      const stream = this.connection.open();
      if (stream === undefined) break;
      this.#waiting.shift()!.begin(stream, performance.now());
    }
    if (this.connection.usedUp) this.#usedUp();
    if (this.#why !== undefined && this.connection.streams.size === 0 && this.#waiting.size === 0) this.#pump.end();
  }

  /** Ends the calls that wait: they will not begin on this connection. */
  #turnAway(why: string): void {
    for (let call = this.#waiting.shift(); call !== undefined; call = this.#waiting.shift()) call.turnAway(why);
  }

  #retire(why: string): void {
    this.#why ??= why;
    this.#lost.resolve(this.#why);
  }

  #pingsWereTooMany(): void {
    this.#pace.factor = Math.max(this.#pace.factor, this.#factor * 2);
    this.options.logger.warn("a server got too many PINGs: new connections wait longer (limits.keepaliveInterval)", {
      address: this.peer.address,
      milliseconds: this.limits.keepaliveInterval * this.#pace.factor,
    });
  }

  #speaks(): void {
    this.#silence.silent = false;
    this.options.onSilence?.();
  }

  #rest(resting: boolean): void {
    this.#resting = resting;
    this.#pump.keepsAlive = !resting;
    if (resting) this.deadlines.rest();
  }

  #tick(lifetime: Lifetime): void {
    const now = performance.now();
    const { silent } = this.#silence;
    const { established, streams } = this.connection;
    if (!this.#resting && established && streams.size + this.#waiting.size === 0) this.#rest(true);
    const pending = established && streams.size > 0;
    if (this.#silence.look(now, this.#pump.lastRead, pending, this.connection)) this.#pump.wake();
    if (this.#silence.silent !== silent) this.options.onSilence?.();
    // The connection gets no new calls, and closing it loses none. Only a new connection can show whether the server is
    // available again.
    const isLost = this.#silence.silent && !pending && this.#silence.missing(now) >= this.limits.keepaliveTimeout;
    if (isLost) return this.#pump.close("limits.keepaliveTimeout");
    const limit = lifetime.check(now, this.#silence.asking);
    if (limit === undefined || limit === "drain") return;
    if (limit !== "idleTimeout" && limit !== "connectionAge") return this.#pump.close(`limits.${limit}`);
    this.#retire(`the connection was closed (limits.${limit})`);
    this.#proceed();
  }
}
