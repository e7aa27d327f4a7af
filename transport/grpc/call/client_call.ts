import { NO_BYTES } from "../../../base/bytes.ts";
import { RpcError } from "../../../rpc/error.ts";
import type { QueueEntry } from "../../../base/collections/queue.ts";
import { Status } from "../../../rpc/status.ts";
import { ErrorCode } from "../../http2/protocol/error.ts";
import type { FieldList } from "../../http2/hpack/field_list.ts";
import type { Stream, StreamEvents } from "../../http2/state/stream.ts";
import { messageExcess, sizeExcess } from "../../excess.ts";
import type { CallStart, CallStatus, ClientCall, Compression, MaybePromise } from "../../transport.ts";
import type { ClientCallHost } from "./call_host.ts";
import { type Dated, isCutShort, isPast, late } from "./deadlines.ts";
import { metadataOf } from "../headers/headers.ts";
import { Inbox, type InboxOwner } from "../messages/inbox.ts";
import { Outbox } from "../messages/outbox.ts";
import { encodingOf, headerProblem, isTrailersOnly, statusOfReset } from "../headers/reply.ts";
import { excessOf, statusWithin } from "../headers/response_limits.ts";

/** One call of a client. */
export class GrpcClientCall implements ClientCall, StreamEvents, InboxOwner, Dated {
  readonly deadline: number | undefined;
  earlier: Dated | undefined;
  later: Dated | undefined;
  place: number | undefined;
  slot = -1;
  /** Its place in the queue of calls that wait for a stream. */
  turn: QueueEntry<GrpcClientCall> | undefined;
  readonly #host: ClientCallHost;
  readonly #start: CallStart;
  #stream: Stream | undefined;
  #inbox: Inbox | undefined;
  #outbox: Outbox | undefined;
  /** The messages that are sent before the call has a stream. */
  #early: { message: Uint8Array; compression: Compression | undefined; last: boolean }[] | undefined;
  #room: PromiseWithResolvers<void> | undefined;
  #receiver: PromiseWithResolvers<undefined> | undefined;
  #result: CallStatus | undefined;
  #endSent = false;

  /** @param now The value of `performance.now()`. It matters only if there is a deadline. */
  constructor(host: ClientCallHost, start: CallStart, now: number) {
    this.#host = host;
    this.#start = start;
    const { deadline, signal, metadata } = start;
    const bytes = metadata.bytes;
    const excess = sizeExcess(metadata.size, bytes, host.limits, "the header") ??
      host.fields.excess(start, bytes, host.connection.peer.maxHeaderListSize);
    if (excess) return this.#end({ code: excess.code, message: excess.rawMessage, origin: "client" }), this;
    if (signal?.aborted) return this.cancel(), this;
    signal?.addEventListener("abort", this.#onAbort);
    if (deadline === undefined) return;
    this.deadline = deadline;
    if (deadline <= now) this.#fail(late());
    else host.deadlines.add(this);
  }

  get status(): CallStatus | undefined {
    return this.#inbox === undefined || this.#inbox.drained ? this.#result : undefined;
  }

  /** Assigns a stream to the call. The header and the messages that wait are sent. `now` is as in the constructor. */
  begin(stream: Stream, now: number): void {
    const { connection, options } = this.#host;
    this.#stream = stream;
    stream.events = this;
    this.#outbox = new Outbox(connection, stream);
    const { compression = options.compression } = this.#start;
    if (compression !== "identity") this.#outbox.encoding = compression;
    connection.sendHeaders(stream, this.#host.fields.of(this.#start, now), false);
    let ended = false;
    for (const { message, compression, last } of this.#early?.splice(0) ?? []) {
      ended = last;
      // deno-lint-ignore dinokit-promise/handled -- it only signals that there is room, and never rejects
      void this.#send(message, compression, last);
    }
    if (this.#endSent && !ended) this.#sendEnd();
    this.#room?.resolve();
    this.#host.wake();
  }

  send(message: Uint8Array, compression?: Compression, last = false): MaybePromise<void> {
    if (this.#result || this.#endSent) return;
    const excess = messageExcess(message.length, this.#host.limits, "sendMessageBytes");
    if (excess) return this.#fail(excess);
    if (this.#stream) return this.#send(message, compression, last);
    (this.#early ??= []).push({ message, compression, last });
    if (last) this.#endSent = true;
    this.#room ??= Promise.withResolvers();
    return this.#room.promise;
  }

  end(): void {
    if (this.#result || this.#endSent) return;
    this.#endSent = true;
    if (this.#stream) this.#sendEnd();
  }

  receive(): MaybePromise<Uint8Array | undefined> {
    if (this.#inbox) return this.#next(this.#inbox);
    if (this.#result) return undefined;
    this.#receiver ??= Promise.withResolvers();
    return this.#receiver.promise.then(() => this.#inbox && this.#next(this.#inbox));
  }

  cancel(): void {
    this.#fail(new RpcError(Status.CANCELLED, "the caller cancelled the call"));
  }

  onHeaders(fields: FieldList, end: boolean, exceeded: boolean): void {
    if (this.#inbox || end && isTrailersOnly(fields)) return this.#trailers(fields, exceeded);
    const excess = excessOf(fields, exceeded, this.#host.limits, "the header");
    if (excess) return this.#fail(excess);
    const problem = headerProblem(fields);
    if (problem) return this.#fail(problem, "server");
    if (end) return this.#ended(NO_STATUS);
    this.#open(fields);
    const { onHeader } = this.#start;
    if (onHeader) this.#tell(onHeader, metadataOf(fields));
  }

  onData(buf: Uint8Array, start: number, end: number, last: boolean): void {
    const { receiveWindow } = this.#host.connection;
    if (this.#inbox === undefined || this.#result) receiveWindow.release(end - start);
    else {
      this.#inbox.push(buf, start, end);
      // If a server interleaves many replies, their beginnings may fill the window, and none of them can complete.
      if (this.#inbox.partial > 0 && receiveWindow.available < LOW_WINDOW_BYTES) this.#inbox.letIn();
    }
    if (last && !this.#result) this.#ended(NO_STATUS);
  }

  onReset(code: ErrorCode, why: string): void {
    // A server cancels calls whose deadline has passed, and may do so before the timer here fires.
    if (code === ErrorCode.CANCEL && why === "" && isPast(this.deadline)) this.#fail(late());
    else this.#finish(statusOfReset(code, why));
  }

  onLost(why: string, unprocessed: boolean): void {
    this.#lose(why, unprocessed ? "left" : undefined);
  }

  /** Ends a call that gets no stream, because the connection takes no more calls. */
  turnAway(why: string): void {
    this.#lose(why, "left");
  }

  onQueueSent(): void {
    this.#outbox!.release();
  }

  onBadMessage({ code, rawMessage: message }: RpcError): void {
    // The server's own error is more specific.
    if (this.#result && this.#result.code !== Status.OK) return;
    this.#result = undefined;
    this.#finish({ code, message, origin: "client" });
  }

  onLate(): void {
    this.#fail(late());
  }

  #next(inbox: Inbox): MaybePromise<Uint8Array | undefined> {
    const message = inbox.next();
    this.#host.wake(); // the windows may have opened
    return message;
  }

  #send(message: Uint8Array, compression: Compression | undefined, last: boolean): MaybePromise<void> {
    if (last) this.#endSent = true;
    const wait = this.#outbox!.send(message, compression ?? this.#outbox!.encoding ?? "identity", last);
    this.#host.wake();
    return wait;
  }

  #sendEnd(): void {
    this.#host.connection.sendData(this.#stream!, NO_BYTES, NO_BYTES, true);
    this.#host.wake();
  }

  /** Handles the header. Messages follow. */
  #open(fields: FieldList): void {
    const { connection, limits } = this.#host;
    const { receiveMessageBytes: limit } = limits;
    this.#inbox = new Inbox(this.#stream!, connection.receiveWindow, limit, encodingOf(fields), this);
    this.#receiver?.resolve(undefined);
  }

  #tell(onHeader: NonNullable<CallStart["onHeader"]>, metadata: Parameters<typeof onHeader>[0]): void {
    try {
      onHeader(metadata);
    } catch (error) {
      this.#fail(RpcError.from(error));
    }
  }

  #trailers(fields: FieldList, exceeded: boolean): void {
    const status = statusWithin(fields, exceeded, this.#host.limits);
    if (status instanceof RpcError) this.#fail(status);
    else if (isCutShort(status.code) && isPast(this.deadline)) this.#fail(late());
    else this.#ended(status);
  }

  /** Handles the end of the response. Messages that were not read yet come before the status. */
  #ended(status: CallStatus): void {
    if (status.code === Status.OK) this.#inbox?.finish();
    this.#finish(status);
  }

  /** Ends the call with an error that this side found. */
  #fail(error: RpcError, origin: CallStatus["origin"] = "client"): void {
    if (this.status) return;
    this.#result = undefined;
    if (this.#stream) this.#host.connection.reset(this.#stream, ErrorCode.CANCEL);
    const { code, rawMessage: message, cause } = error;
    this.#end(cause === undefined ? { code, message, origin } : { code, message, origin, cause });
    this.#inbox?.discard();
    if (this.#stream) this.#host.wake();
    else this.#host.forget(this);
  }

  #lose(message: string, unprocessed: CallStatus["unprocessed"]): void {
    this.#finish({ code: Status.UNAVAILABLE, message, unprocessed, lost: true, origin: "connection" });
  }

  /** Ends the call after its stream has ended. */
  #finish(status: CallStatus): void {
    if (this.#result) return;
    this.#end(status);
    this.#inbox?.end();
    // The server answered before all requests were sent, or the connection is lost. The rest is not sent.
    if (this.#stream) this.#host.connection.reset(this.#stream, ErrorCode.CANCEL);
  }

  #end(status: CallStatus): void {
    this.#result = status;
    this.#host.calls.delete(this);
    this.#start.signal?.removeEventListener("abort", this.#onAbort);
    if (this.deadline !== undefined) this.#host.deadlines.remove(this);
    this.#receiver?.resolve(undefined);
    this.#room?.resolve();
    this.#outbox?.release();
  }

  readonly #onAbort = (): void => this.cancel();
}

/** Below this, the connection's window counts as closed, in octets. */
const LOW_WINDOW_BYTES = 64 * 1024;
const NO_STATUS: CallStatus = { code: Status.INTERNAL, message: "the server ended the call without a status" };
