import { RpcError } from "../../../rpc/error.ts";
import type { Metadata } from "../../../rpc/metadata.ts";
import type { Peer } from "../../../rpc/peer.ts";
import { Status } from "../../../rpc/status.ts";
import { ErrorCode } from "../../http2/protocol/error.ts";
import type { FieldList } from "../../http2/hpack/field_list.ts";
import type { Stream, StreamEvents } from "../../http2/state/stream.ts";
import { messageExcess, metadataExcess, peerExcess, withinLimits } from "../../excess.ts";
import type { CallStatus, Compression, MaybePromise, ServerCall } from "../../transport.ts";
import type { HostedCall, ServerCallHost } from "./call_host.ts";
import { type Dated, isPast, late } from "./deadlines.ts";
import { addMetadata, metadataOf } from "../headers/headers.ts";
import { Inbox, type InboxOwner } from "../messages/inbox.ts";
import { Outbox } from "../messages/outbox.ts";
import { accepts, type Request } from "../headers/request.ts";
import { HEADER_OWN_BYTES, responseFields, TRAILER_OWN_BYTES, trailerFields } from "../headers/response.ts";

/** One call of a server. */
export class GrpcServerCall implements ServerCall, HostedCall, StreamEvents, InboxOwner, Dated {
  readonly path: string;
  readonly deadline: number | undefined;
  earlier: Dated | undefined;
  later: Dated | undefined;
  place: number | undefined;
  slot = -1;
  readonly #host: ServerCallHost;
  readonly #stream: Stream;
  readonly #request: Request;
  readonly #inbox: Inbox;
  readonly #outbox: Outbox;
  #metadata: Metadata | undefined;
  #controller: AbortController | undefined;
  /** The memory of the decoded requests that the handler holds, in octets. */
  #decoded = 0;
  #headerSent = false;
  #over = false;
  #reason: RpcError | undefined;

  constructor(host: ServerCallHost, stream: Stream, request: Request) {
    this.path = request.path;
    this.#host = host;
    this.#stream = stream;
    this.#request = request;
    const { limits, connection } = host;
    this.#inbox = new Inbox(stream, connection.receiveWindow, limits.receiveMessageBytes, request.encoding, this);
    this.#outbox = new Outbox(connection, stream);
    if (request.timeout === undefined) return;
    this.deadline = host.readAt + request.timeout;
    host.deadlines.add(this);
  }

  get peer(): Peer {
    return this.#host.peer;
  }

  get metadata(): Metadata {
    return this.#metadata ??= metadataOf(this.#request.fields);
  }

  /** The octets of an incomplete request. */
  get partial(): number {
    return this.#inbox.partial;
  }

  /** Whether the call has ended. */
  get over(): boolean {
    return this.#over;
  }

  get signal(): AbortSignal {
    if (!this.#controller) {
      this.#controller = new AbortController();
      if (this.#reason) this.#controller.abort(this.#reason);
    }
    return this.#controller.signal;
  }

  get requestCompression(): Compression {
    return this.#inbox.compressed ? this.#request.encoding as Compression : "identity";
  }

  /** The most octets of fields that the client accepts. */
  get #peerBytes(): number {
    return this.#host.connection.peer.maxHeaderListSize;
  }

  receive(): MaybePromise<Uint8Array | undefined> {
    const message = this.#inbox.next();
    this.#host.wake(); // the windows may have opened
    return message;
  }

  hold(octets: number): void {
    const more = octets - this.#decoded;
    if (more > 0 && this.#host.memory.exceedsShare("decoded", more)) {
      throw new RpcError(Status.RESOURCE_EXHAUSTED, "the server holds too many decoded requests (limits.bufferBytes)");
    }
    this.#decoded = octets;
    this.#host.memory.add(more);
  }

  sendHeader(header: Metadata): void {
    if (this.#over || this.#headerSent) return;
    const excess = metadataExcess(header, this.#host.limits, "the header") ??
      (header.size === 0 ? undefined : peerExcess(HEADER_OWN_BYTES + header.bytes, this.#peerBytes, "the header"));
    if (excess) throw excess;
    this.#sendHeader(header, this.#host.options.compression);
    this.#host.wake();
  }

  send(message: Uint8Array, compression: Compression = this.#host.options.compression): MaybePromise<void> {
    if (this.#over) return;
    const excess = messageExcess(message.length, this.#host.limits, "sendMessageBytes");
    if (excess) {
      this.#host.hit("sendMessageBytes");
      throw excess;
    }
    if (this.#host.memory.exceedsShare("queued", message.length)) {
      throw new RpcError(Status.RESOURCE_EXHAUSTED, "the server holds too many unsent replies (limits.bufferBytes)");
    }
    if (!this.#headerSent) this.#sendHeader(undefined, compression);
    const wait = this.#outbox.send(message, compression, false);
    this.#host.wake();
    return wait;
  }

  finish(status: CallStatus): void {
    if (!this.#over) this.#finish(withinLimits(status, this.#host.limits, this.#peerBytes - TRAILER_OWN_BYTES));
  }

  /** Handles that the client sends no more requests. */
  requestsEnded(): void {
    this.#inbox.finish();
  }

  onHeaders(_: FieldList, __: boolean): void {
    this.#inbox.finish(); // trailers of a request end it; gRPC gives them no other meaning
  }

  onData(buf: Uint8Array, start: number, end: number, last: boolean): void {
    // Checked before the data is copied, so that rejected data costs nothing.
    const limit = this.#over ? undefined : this.#host.memory.exceededBy(this.#inbox.partial);
    if (limit) {
      const text = `the server holds too many unread requests (limits.${limit})`;
      this.cut(new RpcError(Status.RESOURCE_EXHAUSTED, text));
    }
    this.#inbox.push(buf, start, end);
    if (last) this.#inbox.finish();
  }

  onReset(_code: ErrorCode, why: string): void {
    // A caller resets calls whose deadline has passed, and may do so before the timer here fires.
    const isLate = why === "" && isPast(this.deadline);
    this.#abort(isLate ? late() : new RpcError(Status.CANCELLED, why || "the caller cancelled the call"));
  }

  onLost(why: string): void {
    this.#abort(new RpcError(Status.CANCELLED, `the caller went away: ${why}`));
  }

  onQueueSent(): void {
    this.#outbox.release();
  }

  onLate(): void {
    this.cut(late());
  }

  /** Ends the call with an error of this side, for the caller and the handler. */
  cut(error: RpcError): void {
    if (this.#over) return;
    if (!this.#stream.queue) this.#finish({ code: error.code, message: error.rawMessage });
    // Queued messages for a slow reader would delay the status. If the server stops, the loss of the connection
    // replaces the status.
    else if (error.code !== Status.UNAVAILABLE) {
      this.#host.connection.reset(this.#stream, ErrorCode.CANCEL);
      this.#host.wake();
    }
    this.#reason ??= error;
    this.#controller?.abort(error);
    this.#abort(error);
  }

  /** Handles a request that can't be read. */
  onBadMessage(error: RpcError): void {
    this.#inbox.end(error);
    if (error.code === Status.RESOURCE_EXHAUSTED) this.#host.hit("receiveMessageBytes");
  }

  #finish(status: CallStatus): void {
    const trailersOnly = !this.#headerSent;
    this.#headerSent = true;
    const { connection } = this.#host;
    connection.sendHeaders(this.#stream, trailerFields(status, trailersOnly, this.#request), true);
    this.#done();
    this.#inbox.discard();
    this.#host.wake();
  }

  #sendHeader(header: Metadata | undefined, compression: Compression): void {
    this.#headerSent = true;
    if (compression !== "identity" && accepts(this.#request, compression)) this.#outbox.encoding = compression;
    const fields = responseFields(this.#outbox.encoding);
    if (header === undefined || header.size === 0) {
      return this.#host.connection.sendHeaders(this.#stream, fields, false);
    }
    const all = [...fields];
    addMetadata(all, header);
    this.#host.connection.sendHeaders(this.#stream, all, false);
  }

  #abort(reason: RpcError): void {
    if (!this.#over) {
      this.#reason ??= reason;
      this.#controller?.abort(reason);
    }
    this.#done();
    this.#inbox.discard(reason);
    this.#outbox.release();
  }

  #done(): void {
    if (this.#over) return;
    this.#over = true;
    this.#host.calls.delete(this);
    if (this.deadline !== undefined) this.#host.deadlines.remove(this);
  }
}
