import { inBackground } from "../../../base/background.ts";
import { RpcError } from "../../../rpc/error.ts";
import type { Peer } from "../../../rpc/peer.ts";
import { Status } from "../../../rpc/status.ts";
import { Connection, type ConnectionEvents } from "../../http2/connection.ts";
import type { FieldList } from "../../http2/hpack/field_list.ts";
import type { ConnectionError } from "../../http2/protocol/error.ts";
import type { Stream } from "../../http2/state/stream.ts";
import type { Limits, ListenOptions } from "../../transport.ts";
import type { HostedCall, ServerCallHost } from "../call/call_host.ts";
import { CallSet } from "../call/call_set.ts";
import { Deadlines } from "../call/deadlines.ts";
import { HeldMemory } from "../call/held_memory.ts";
import { http2Limits } from "./http2_limits.ts";
import { Lifetime } from "./lifetime.ts";
import { PlainCall } from "../call/plain_call.ts";
import { Pump } from "../sockets/pump.ts";
import { readRequest, type Request } from "../headers/request.ts";
import { GrpcServerCall } from "../call/server_call.ts";
import type { ServerHost } from "../call/server_host.ts";
import type { Socket } from "../sockets/socket.ts";
import { wrongProtocolOfClient } from "../sockets/wrong_protocol.ts";

/** Why a connection accepts no more calls. It is the text of GOAWAY, where gRPC defines one (gRFC A9). */
type DrainReason = "max_idle" | "max_age" | "graceful_stop" | "";

/** The connection of one client to a server, with its calls. */
export class ServerConnection implements ConnectionEvents, ServerCallHost {
  readonly connection: Connection;
  readonly peer: Peer;
  readonly limits: Limits;
  readonly options: ListenOptions;
  readonly deadlines: Deadlines = new Deadlines();
  readonly calls: CallSet<HostedCall> = new CallSet();
  readonly memory: HeldMemory;
  readonly #host: ServerHost;
  readonly #pump: Pump;
  readonly #lifetime: Lifetime;
  /** The calls whose header arrived in this read. Their messages may follow in the same read. */
  #fresh: GrpcServerCall[] = [];
  #lastFields: FieldList | undefined;
  #lastRequest: Request | undefined;

  constructor(socket: Socket, peer: Peer, host: ServerHost) {
    this.peer = peer;
    this.#host = host;
    this.options = host.options;
    const { limits } = host.options;
    this.limits = limits;
    this.connection = new Connection("server", http2Limits(limits, "server"), this, host.budget);
    this.memory = new HeldMemory(host, this.connection, this.calls);
    this.#pump = new Pump(socket, this.connection, () => this.#dispatch(), (first) => this.#checkProtocol(first));
    this.#lifetime = new Lifetime(this.connection, this.#pump, limits);
  }

  /** Serves until the connection ends. Never rejects. */
  async run(): Promise<void> {
    const { text } = await this.#pump.run();
    this.connection.lose(text);
    this.deadlines.close();
  }

  /** When octets arrived last, in milliseconds of `performance.now()`. */
  get readAt(): number {
    return this.#pump.lastRead;
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

  /**
   * Announces that no more calls are accepted, and ends the connection when those in flight have ended.
   *
   * @param reason The reason, for the client.
   * @param grace How long they may take, in milliseconds. A server that stops has its own limit.
   */
  drain(reason: DrainReason, grace: number = Infinity): void {
    if (this.connection.draining) return;
    this.connection.drain(reason);
    this.#lifetime.drainBegan(grace);
    this.wake();
  }

  /** Checks the time limits. The listener calls this at intervals. */
  tick(now: number): void {
    const limit = this.#lifetime.check(now);
    if (limit === undefined) return;
    if (limit === "drain") return this.#refuseCalls();
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
    for (const call of this.calls) call.cut(error);
    this.#refuseCalls();
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
    this.calls.add(call);
    if (refusal) {
      if (refusal.limit) this.hit(refusal.limit);
      return call.finish({ code: refusal.code, message: refusal.message });
    }
    if (end) call.requestsEnded();
    this.#fresh.push(call);
  }

  onLimit(limit: keyof Limits): void {
    this.hit(limit);
  }

  onClosed(): void {
    // A drain reports the last one by `onDrained`.
  }

  onDrained(): void {
    this.#pump.end();
  }

  onGoAway(): void {
    // A client that sends GOAWAY opens no more streams. Its open streams are still served.
  }

  onFailed(error: ConnectionError): void {
    if (error.limit) this.hit(error.limit as keyof Limits);
    this.options.logger.debug("a connection was ended", { peer: this.peer.address, error: error.message });
    this.#pump.endSoon();
  }

  /** Refuses the calls that the client begins from now on. */
  #refuseCalls(): void {
    this.connection.refuseStreams();
    this.wake();
  }

  /** Answers a client that does not speak HTTP/2, and keeps reading until it disconnects. */
  #checkProtocol(first: Uint8Array): undefined {
    const wrong = this.connection.established ? undefined : wrongProtocolOfClient(first, false);
    if (wrong === undefined) return;
    this.#host.refusals.refused(this.peer.address, wrong.why, wrong.onlyLogged);
    inBackground("an answer in another protocol", this.options.logger, () => this.#pump.answer(wrong.answer));
  }

  /** Starts the calls of a read. A call that was reset in the same read is not started. */
  #dispatch(): void {
    if (this.#fresh.length === 0) return;
    const fresh = this.#fresh;
    this.#fresh = [];
    for (const call of fresh) if (!call.over) this.options.onCall(call);
  }
}
