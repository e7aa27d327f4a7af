import { NO_BYTES } from "../../base/bytes.ts";
import { inBackground } from "../../base/background.ts";
import { RpcError } from "../../rpc/error.ts";
import type { Peer } from "../../rpc/peer.ts";
import { Status } from "../../rpc/status.ts";
import { Connection, type ConnectionEvents } from "../http2/connection.ts";
import { type ConnectionError, ErrorCode } from "../http2/error.ts";
import type { FieldList } from "../http2/hpack/field_list.ts";
import { PingPurpose } from "../http2/pings.ts";
import type { Budget, Stream } from "../http2/stream.ts";
import type { Limits, ListenOptions } from "../transport.ts";
import { Deadlines } from "./deadlines.ts";
import type { RefusalLog } from "../refusal_log.ts";
import { foreignClient } from "./foreign.ts";
import { http2Limits } from "./http2_limits.ts";
import { Lifetime } from "./lifetime.ts";
import { PlainCall } from "./plain_call.ts";
import { readRequest, type Request } from "./request.ts";
import { GrpcServerCall } from "./server_call.ts";
import { Pump, type Socket } from "./socket.ts";

/** The state that the connections of a listener share. */
export interface ServerHost {
  readonly options: ListenOptions;
  /** The octets of messages that all connections hold. */
  readonly budget: Budget;
  /** The octets of decoded requests that all handlers hold. */
  decoded: number;
  /** The number of connections. */
  readonly connections: number;
  /** Logs rejected clients. */
  readonly refusals: RefusalLog;
  /** Called when a limit was exceeded. */
  hit(limit: keyof Limits): void;
}

/** Why a connection accepts no more calls. It is the text of GOAWAY, where gRPC defines one (gRFC A9). */
type DrainReason = "max_idle" | "max_age" | "graceful_stop" | "";

/** The largest stream identifier. A GOAWAY with it announces another GOAWAY (RFC 9113, section 6.8). */
const MAX_STREAM_ID = 2 ** 31 - 1;
/** If the connection's window falls below this, in octets, the rest of a message can't arrive any more. */
const LOW_WINDOW_BYTES = 64 * 1024;

/** The connection of one client to a server, with its calls. */
export class ServerConnection implements ConnectionEvents {
  readonly connection: Connection;
  readonly peer: Peer;
  readonly limits: Limits;
  readonly budget: Budget;
  readonly deadlines: Deadlines = new Deadlines();
  readonly #host: ServerHost;
  readonly #pump: Pump;
  readonly #lifetime: Lifetime;
  /** The calls whose header arrived in this read. Their messages may follow in the same read. */
  #fresh: GrpcServerCall[] = [];
  #lastFields: FieldList | undefined;
  #lastRequest: Request | undefined;
  /** The octets of decoded requests that this connection's handlers hold. */
  #decoded = 0;
  #draining = false;
  #reason: DrainReason = "";

  constructor(socket: Socket, peer: Peer, host: ServerHost) {
    this.peer = peer;
    this.#host = host;
    this.budget = host.budget;
    const { limits } = host.options;
    this.limits = limits;
    this.connection = new Connection("server", http2Limits(limits, "server"), this, host.budget);
    this.#pump = new Pump(socket, this.connection, () => this.#dispatch(), (first) => this.#foreign(first));
    this.#lifetime = new Lifetime(this.connection, this.#pump, limits);
    this.connection.pings.onPong = (purpose) => this.#draining && purpose === PingPurpose.Drain && this.#drained();
  }

  /** Serves until the connection ends. Never rejects. */
  async run(): Promise<void> {
    const why = await this.#pump.run();
    this.connection.lose(why);
    this.deadlines.close();
  }

  /** When octets arrived last, in milliseconds of `performance.now()`. */
  get readAt(): number {
    return this.#pump.lastRead;
  }

  /** The options of the listener. */
  get options(): ListenOptions {
    return this.#host.options;
  }

  /** Whether no call is in flight. */
  get idle(): boolean {
    return this.connection.streams.size === 0;
  }

  /** Starts writing what is queued. */
  wake(): void {
    this.#pump.wake();
  }

  /** Counts that a limit was exceeded. */
  hit(limit: keyof Limits): void {
    this.#host.hit(limit);
  }

  /** Returns the limit that a call exceeds whose data has arrived: too much is held, and waiting would not help. */
  overBudget(partial: number): keyof Limits | undefined {
    if (this.holdsTooMuch("received", 0)) return "bufferBytes";
    const { window } = this.connection;
    // Incomplete messages hold almost all of the connection's window, so none of them can complete.
    const stuck = partial > 0 && window.available < LOW_WINDOW_BYTES && this.#partials() > window.held / 2;
    if (stuck) this.hit("connectionBufferBytes");
    return stuck ? "connectionBufferBytes" : undefined;
  }

  /**
   * Returns whether all connections hold too much, and this one more than its share. Connections that hold little
   * continue.
   */
  holdsTooMuch(what: keyof Budget | "decoded", more: number): boolean {
    const { bufferBytes, connections } = this.limits;
    const sum = more + (what === "decoded" ? this.#host.decoded : this.budget[what]);
    if (sum <= bufferBytes) return false;
    // Older connections may hold larger shares, from when there were fewer connections. Above twice the limit, the
    // share is therefore that of the maximum number of connections.
    const share = bufferBytes / (sum <= 2 * bufferBytes ? this.#host.connections : connections);
    const tooMuch = more + this.#own(what) > share;
    if (tooMuch) this.hit("bufferBytes");
    return tooMuch;
  }

  #own(what: keyof Budget | "decoded"): number {
    if (what === "decoded") return this.#decoded;
    return what === "queued" ? this.connection.sender.queued : this.connection.window.held;
  }

  /** Adds to the octets of decoded requests that handlers hold. A negative number subtracts. */
  hold(more: number): void {
    this.#decoded += more;
    this.#host.decoded += more;
  }

  /**
   * Announces that no more calls are accepted, and ends the connection when those in flight have ended.
   *
   * @param reason The reason, for the client.
   * @param grace How long they may take, in milliseconds. A server that stops has its own limit.
   */
  drain(reason: DrainReason, grace: number = Infinity): void {
    if (this.#draining) return;
    this.#draining = true;
    this.#reason = reason;
    // The first of two steps: calls that the client sends before it receives this GOAWAY are still served.
    this.connection.goAway(MAX_STREAM_ID, ErrorCode.NO_ERROR, reason);
    this.connection.pings.send(PingPurpose.Drain);
    this.#lifetime.drainBegan(grace);
    this.wake();
  }

  /** Checks the time limits. The listener calls this at intervals. */
  tick(now: number): void {
    const limit = this.#lifetime.check(now);
    if (limit === undefined) return;
    if (limit === "drain") return this.#drained();
    this.hit(limit);
    if (limit === "idleTimeout") return this.drain("max_idle");
    if (limit === "connectionAge") return this.drain("max_age", this.limits.connectionAgeGrace);
    this.#pump.close(`limits.${limit}`);
  }

  /**
   * Closes the connection as soon as that loses no call, to free its descriptor. A client that has sent nothing is
   * closed at once.
   */
  makeRoom(): void {
    if (!this.connection.established) this.#pump.close("no file descriptor is left");
    else if (this.idle) this.close();
    else this.drain("");
  }

  /** Ends the calls in flight, and the connection. */
  close(): void {
    const error = new RpcError(Status.UNAVAILABLE, "the server was stopped");
    for (const { events } of this.connection.streams.values()) (events as GrpcServerCall | PlainCall).cut(error);
    this.#drained();
    this.#pump.endSoon();
  }

  onStream(stream: Stream, fields: FieldList, end: boolean, exceeded: boolean): void {
    const request = fields === this.#lastFields && !exceeded
      ? this.#lastRequest!
      : readRequest(fields, exceeded, this.limits);
    this.#lastFields = fields;
    this.#lastRequest = request;
    const { refusal } = request;
    if (refusal?.http !== undefined) return void new PlainCall(this, stream, refusal, end);
    const call = new GrpcServerCall(this, stream, request);
    stream.events = call;
    if (refusal) {
      if (refusal.limit) this.hit(refusal.limit);
      return call.finish({ code: refusal.code, message: refusal.message });
    }
    if (end) call.onData(NO_BYTES, 0, 0, true);
    this.#fresh.push(call);
  }

  onLimit(limit: keyof Limits): void {
    this.hit(limit);
  }

  onClosed(): void {
    if (this.#draining) this.#endIfIdle();
  }

  onGoAway(): void {
    // A client that sends GOAWAY opens no more streams. Its open streams are still served.
  }

  onFailed(error: ConnectionError): void {
    if (error.limit) this.hit(error.limit as keyof Limits);
    this.#host.options.logger.debug("a connection was ended", { peer: this.peer.address, error: error.message });
    this.#pump.endSoon();
  }

  /**
   * Ends the first step of a drain: the client knows of the first GOAWAY. Streams above the last one that it opened are
   * refused from now on.
   */
  #drained(): void {
    const { connection } = this;
    if (connection.lastAllowed === MAX_STREAM_ID && connection.failure === undefined) {
      connection.goAway(connection.lastPeerStream, ErrorCode.NO_ERROR, this.#reason);
      connection.lastAllowed = connection.lastPeerStream;
      this.wake();
    }
    this.#draining = true;
    this.#endIfIdle();
  }

  #endIfIdle(): void {
    const { connection } = this;
    if (connection.streams.size === 0 && connection.lastAllowed < MAX_STREAM_ID) this.#pump.end();
  }

  /** Answers a client that does not speak HTTP/2, and keeps reading until it disconnects. */
  #foreign(first: Uint8Array): string | undefined {
    const foreign = this.connection.established ? undefined : foreignClient(first, false);
    if (foreign === undefined) return undefined;
    this.#host.refusals.refused(this.peer.address, foreign.why, foreign.deaf);
    inBackground("an answer in another protocol", this.options.logger, () => this.#pump.answer(foreign.answer));
    return undefined;
  }

  #dispatch(): void {
    if (this.#fresh.length === 0) return;
    const fresh = this.#fresh;
    this.#fresh = [];
    // A call that was reset in the same read is not started.
    for (const call of fresh) if (!call.over) this.#host.options.onCall(call);
  }

  #partials(): number {
    let sum = 0;
    for (const { events } of this.connection.streams.values()) {
      if (events instanceof GrpcServerCall) sum += events.partial;
    }
    return sum;
  }
}
