import { ConnectionError, ErrorCode } from "./error.ts";
import { FRAME_HEADER_BYTES, FrameType, PREFACE } from "./frame.ts";
import { FrameReader } from "./frame_reader.ts";
import type { FieldList } from "./hpack/field_list.ts";
import { HpackEncoder } from "./hpack/encoder.ts";
import { Output } from "./output.ts";
import { Pings } from "./pings.ts";
import { INITIAL_STREAM_WINDOW_BYTES, ReceiveWindow } from "./receive_window.ts";
import { Sender } from "./sender.ts";
import { initialSettings, type PeerSettings, SettingId } from "./settings.ts";
import { type Budget, ClosedStreams, Stream } from "./stream.ts";
import { StreamTable } from "./stream_table.ts";

/** The limits on a peer. `Limits` in `transport.ts` describes each of them. */
export interface Http2Limits {
  readonly concurrentStreams: number;
  readonly connectionBufferBytes: number;
  readonly headerListBytes: number;
  readonly headerFields: number;
  readonly headerBlockFrames: number;
  readonly controlFrames: number;
  readonly resets: number;
  readonly pingInterval: number;
}

/** The events of a connection for the layer above. Handlers must not throw. */
export interface ConnectionEvents {
  /** A client opened a stream: its first fields arrived. The handler sets `stream.events`. */
  onStream(stream: Stream, fields: FieldList, end: boolean, exceeded: boolean): void;
  /** A stream was closed. */
  onClosed(): void;
  /** A stream was refused because of a limit. A limit that ends the connection is reported by `onFailed` instead. */
  onLimit?(limit: "concurrentStreams"): void;
  /** The peer accepts no more streams. `text` is a message with the code and `debug`, the text from the peer. */
  onGoAway(code: ErrorCode, text: string, debug: string): void;
  /** The connection failed because of the peer. The output holds the GOAWAY: write it, then close the socket. */
  onFailed(error: ConnectionError): void;
}

const UTF8 = new TextEncoder();
/** The largest stream identifier. */
const MAX_STREAM_ID = 2 ** 31 - 1;

/**
 * One side of an HTTP/2 connection (RFC 9113), without a socket: octets in, events and octets out. Pass the received
 * octets to {@linkcode Connection.receive}, and send those in {@linkcode Connection.output}. It has no timer, never
 * waits, and allocates no object for a frame.
 */
export class Connection {
  /** Whether this is the server's side. */
  readonly server: boolean;
  /** The limits on the peer. */
  readonly limits: Http2Limits;
  /** Receives the events. */
  readonly events: ConnectionEvents;
  /** The octets to be sent to the peer. */
  readonly output: Output = new Output();
  /** The peer's settings. */
  readonly peer: PeerSettings = initialSettings();
  /** Encodes header fields. */
  readonly encoder: HpackEncoder = new HpackEncoder();
  /** The sending side. */
  readonly sender: Sender;
  /** The receiving side's flow control. */
  readonly window: ReceiveWindow;
  /** Sends PINGs. */
  readonly pings: Pings;
  /** The open streams. */
  readonly streams: StreamTable = new StreamTable();
  /** The streams that were closed most recently. */
  readonly closed: ClosedStreams;
  /**
   * How many streams this side has ended. On a server, these are answered calls, including some that were answered
   * before all of the request arrived.
   */
  finished = 0;
  /**
   * When the octets that a server is reading arrived: one look at the clock for many frames. In whole milliseconds,
   * truncated to 32 bits so that it needs no allocation.
   */
  readAt = 0;
  /** How many HEADERS and DATA frames were received. */
  callFrames = 0;
  /** The highest stream that the peer has opened. */
  lastPeerStream = 0;
  /** The highest stream that the peer may open. It is reduced when this side sends GOAWAY. */
  lastAllowed = MAX_STREAM_ID;
  /** Whether the peer accepts new streams. */
  accepting = true;
  /** The identifier of the next stream that {@linkcode Connection.open} opens. */
  nextStream = 1;
  /** Why the connection has failed; undefined if it has not. */
  failure: ConnectionError | undefined;
  readonly #reader: FrameReader;

  /**
   * Creates one side. Its first frames are in the output at once.
   *
   * @param role The side.
   * @param limits The limits on the peer.
   * @param events Receives the events.
   * @param budget Counts the octets of messages that are held.
   */
  constructor(
    role: "server" | "client",
    limits: Http2Limits,
    events: ConnectionEvents,
    budget: Budget = { received: 0, queued: 0 },
  ) {
    this.server = role === "server";
    this.limits = limits;
    this.closed = new ClosedStreams(limits.concurrentStreams);
    this.events = events;
    this.sender = new Sender(this.output, this.encoder, this.peer, budget, (stream) => this.#ended(stream));
    this.window = new ReceiveWindow(this.output, limits.connectionBufferBytes, limits.concurrentStreams, budget);
    this.pings = new Pings(this);
    this.#reader = new FrameReader(this);
    this.#greet();
  }

  /** Whether the peer's SETTINGS have arrived. */
  get established(): boolean {
    return this.#reader.established;
  }

  /** A number that identifies the incomplete header block; 0 if there is none. */
  get headerBlock(): number {
    return this.#reader.headerBlock;
  }

  /** Whether no stream identifiers are left, so that no more streams can be opened. */
  get usedUp(): boolean {
    return this.nextStream > MAX_STREAM_ID;
  }

  /**
   * Handles the octets in buf from start to end. An incomplete frame is left.
   *
   * @returns Where it stopped. The octets from there on must be passed again, together with those that follow.
   */
  receive(buf: Uint8Array, start: number, end: number): number {
    if (this.failure) return end;
    try {
      return this.#reader.read(buf, start, end);
    } catch (error) {
      this.fail(
        error instanceof ConnectionError ? error : new ConnectionError(ErrorCode.INTERNAL_ERROR, `a fault: ${error}`),
      );
      return end;
    }
  }

  /** Opens a stream as a client. Returns undefined if the peer accepts no more now, or at all. */
  open(): Stream | undefined {
    if (!this.accepting || this.streams.size >= this.peer.maxConcurrentStreams) return undefined;
    const stream = new Stream(this.nextStream, this.peer.initialWindowSize, INITIAL_STREAM_WINDOW_BYTES);
    this.streams.add(stream);
    this.nextStream += 2;
    if (this.usedUp) this.accepting = false;
    return stream;
  }

  /** Returns whether either side has ever opened a stream with that identifier. */
  known(id: number): boolean {
    return (id & 1) === 1 ? id <= (this.server ? this.lastPeerStream : this.nextStream - 2) : false;
  }

  /** Sends fields. */
  sendHeaders(stream: Stream, fields: FieldList, end: boolean): void {
    if (!stream.closed) this.sender.headers(stream, fields, end);
  }

  /** Sends data. See {@linkcode Sender.data}. */
  sendData(stream: Stream, head: Uint8Array, body: Uint8Array, end: boolean): boolean {
    return stream.closed || this.sender.data(stream, head, body, end);
  }

  /** Resets a stream, and discards what is queued on it. The stream receives no event. */
  reset(stream: Stream, code: ErrorCode): void {
    if (stream.closed) return;
    this.output.number(FrameType.RST_STREAM, stream.id, code);
    this.close(stream, true);
  }

  /** Closes a stream: nothing more is sent or received on it. */
  close(stream: Stream, resetByUs: boolean): void {
    stream.closed = true;
    if (stream.queue) this.sender.discard(stream);
    this.streams.delete(stream);
    this.window.closed(stream);
    this.closed.add(stream.id, resetByUs);
    this.events.onClosed();
  }

  /**
   * Sends GOAWAY: the peer must open no stream above `last`.
   *
   * @param last The highest stream that is processed, or may be processed.
   */
  goAway(last: number, code: ErrorCode, text: string): void {
    const debug = UTF8.encode(text.slice(0, 200));
    this.output.frame(8 + debug.length, FrameType.GOAWAY, 0, 0);
    this.output.uint32(last);
    this.output.uint32(code);
    this.output.bytes(debug);
    this.lastAllowed = Math.min(this.lastAllowed, last);
  }

  /** Ends the connection because of an error of the peer. Sends GOAWAY; all streams are lost. */
  fail(error: ConnectionError): void {
    if (this.failure) return;
    this.failure = error;
    // A later GOAWAY must not raise the identifier (RFC 9113, section 6.8).
    this.goAway(Math.min(this.lastPeerStream, this.lastAllowed), error.code, error.message);
    this.lose(error.message);
    this.events.onFailed(error);
  }

  /** Reports to all streams that the connection is lost. */
  lose(why: string): void {
    this.accepting = false;
    this.window.end();
    for (const stream of this.streams.values()) this.dropStream(stream, why, false);
  }

  /** Closes a stream that the peer will not answer. */
  dropStream(stream: Stream, why: string, unprocessed: boolean): void {
    if (stream.closed) return; // closed by an event of another stream's loss
    this.close(stream, false);
    stream.events?.onLost(why, unprocessed);
  }

  #greet(): void {
    const { output, limits } = this;
    if (!this.server) {
      output.reserve(PREFACE.length);
      output.bytes(PREFACE);
    }
    const settings: [number, number][] = [
      this.server ? [SettingId.MAX_CONCURRENT_STREAMS, limits.concurrentStreams] : [SettingId.ENABLE_PUSH, 0],
      [SettingId.INITIAL_WINDOW_SIZE, INITIAL_STREAM_WINDOW_BYTES],
      [SettingId.MAX_HEADER_LIST_SIZE, limits.headerListBytes],
    ];
    output.frame(6 * settings.length, FrameType.SETTINGS, 0, 0);
    for (const [id, value] of settings) {
      output.bytes(new Uint8Array([id >> 8, id]));
      output.uint32(Math.min(value, 2 ** 32 - 1));
    }
    output.reserve(FRAME_HEADER_BYTES + 4);
    this.window.start();
  }

  /** Handles that END_STREAM of this side was written. */
  #ended(stream: Stream): void {
    stream.localEnded = true;
    this.finished++;
    if (stream.remoteEnded) this.close(stream, false);
    else if (this.server) {
      // The answer is complete, so the rest of the request is not needed (RFC 9113, section 8.1).
      this.reset(stream, ErrorCode.NO_ERROR);
    }
  }
}
