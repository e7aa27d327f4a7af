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

/** The bounds on what a peer may do; `transport.ts` says what each is. */
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

/** What a connection tells the layer above. None of it may throw. */
export interface ConnectionEvents {
  /** A server's peer opened a stream: the first fields of it came. `stream.events` is to be set. */
  onStream(stream: Stream, fields: FieldList, end: boolean, exceeded: boolean): void;
  /** A stream was closed. */
  onClosed(): void;
  /** A stream was refused, as it was over a limit. Where the connection fails by one, `onFailed` tells. */
  onLimit?(limit: "concurrentStreams"): void;
  /** The peer takes no more streams. `text` says so with the code and `debug`, the text that the peer gave. */
  onGoAway(code: ErrorCode, text: string, debug: string): void;
  /**
   * The connection has failed by what the peer did. The output holds the GOAWAY; when it is written, the socket is to
   * be closed.
   */
  onFailed(error: ConnectionError): void;
}

const UTF8 = new TextEncoder();
/** The largest stream identifier. */
const MAX_STREAM_ID = 2 ** 31 - 1;

/**
 * One side of an HTTP/2 connection (RFC 9113) without a socket: octets in, events and octets out. What the peer sends
 * goes into {@linkcode Connection.receive}; what is to be sent stands in {@linkcode Connection.output}. It keeps no
 * timer, never waits, and makes no object for a frame.
 */
export class Connection {
  /** Whether this is the server's side. */
  readonly server: boolean;
  /** The bounds on the peer. */
  readonly limits: Http2Limits;
  /** Who is told of what happens. */
  readonly events: ConnectionEvents;
  /** What is to be written to the peer. */
  readonly output: Output = new Output();
  /** What the peer has announced. */
  readonly peer: PeerSettings = initialSettings();
  /** Compresses fields. */
  readonly encoder: HpackEncoder = new HpackEncoder();
  /** The sending side. */
  readonly sender: Sender;
  /** The receiving side's flow control. */
  readonly window: ReceiveWindow;
  /** The PINGs of this side. */
  readonly pings: Pings;
  /** The open streams. */
  readonly streams: StreamTable = new StreamTable();
  /** The streams that were closed last. */
  readonly closed: ClosedStreams;
  /** The streams that this side ended: of a server, calls that were answered, some before the client had sent all. */
  finished = 0;
  /**
   * When what a server reads now came: one look at the clock for many frames. In whole milliseconds of 32 bits, which
   * take no memory of their own.
   */
  readAt = 0;
  /** The HEADERS and DATA frames that have come. */
  callFrames = 0;
  /** The highest stream that the peer has opened. */
  lastPeerStream = 0;
  /** The highest stream that the peer may open: lower once this side has said GOAWAY. */
  lastAllowed = MAX_STREAM_ID;
  /** Whether the peer takes new streams. */
  accepting = true;
  /** The stream that {@linkcode Connection.open} opens next. */
  nextStream = 1;
  /** Why it has failed. */
  failure: ConnectionError | undefined;
  readonly #reader: FrameReader;

  /**
   * Makes one side; what it sends first stands in the output at once.
   *
   * @param role Which side.
   * @param limits The bounds on the peer.
   * @param events Who is told.
   * @param budget Where what is held of messages is counted.
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

  /** Whether the peer's SETTINGS have come. */
  get established(): boolean {
    return this.#reader.established;
  }

  /** The header block that has begun and not ended, by a number of its own; 0 if there is none. */
  get headerBlock(): number {
    return this.#reader.headerBlock;
  }

  /** Whether all stream identifiers are used: no more streams can be opened, ever. */
  get usedUp(): boolean {
    return this.nextStream > MAX_STREAM_ID;
  }

  /**
   * Takes what the peer sent, in buf from start to end. A frame that is not complete is left.
   *
   * @returns Where it stopped: from there on, it is to be given again with what follows.
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

  /** Opens a stream as a client. Undefined if the peer takes no more at present, or at all. */
  open(): Stream | undefined {
    if (!this.accepting || this.streams.size >= this.peer.maxConcurrentStreams) return undefined;
    const stream = new Stream(this.nextStream, this.peer.initialWindowSize, INITIAL_STREAM_WINDOW_BYTES);
    this.streams.add(stream);
    this.nextStream += 2;
    if (this.usedUp) this.accepting = false;
    return stream;
  }

  /** Whether this side has opened a stream of that identifier, or the peer has. */
  known(id: number): boolean {
    return (id & 1) === 1 ? id <= (this.server ? this.lastPeerStream : this.nextStream - 2) : false;
  }

  /** Sends fields. */
  sendHeaders(stream: Stream, fields: FieldList, end: boolean): void {
    if (!stream.closed) this.sender.headers(stream, fields, end);
  }

  /** Sends data; see {@linkcode Sender.data}. */
  sendData(stream: Stream, head: Uint8Array, body: Uint8Array, end: boolean): boolean {
    return stream.closed || this.sender.data(stream, head, body, end);
  }

  /** Resets a stream, and forgets what waits on it. The stream's events are not told. */
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
   * Sends GOAWAY: the peer is to open no stream above `last`.
   *
   * @param last The highest stream that is, or may yet be, processed.
   */
  goAway(last: number, code: ErrorCode, text: string): void {
    const debug = UTF8.encode(text.slice(0, 200));
    this.output.frame(8 + debug.length, FrameType.GOAWAY, 0, 0);
    this.output.uint32(last);
    this.output.uint32(code);
    this.output.bytes(debug);
    this.lastAllowed = Math.min(this.lastAllowed, last);
  }

  /** Ends the connection because of what the peer did: GOAWAY, all streams are lost. */
  fail(error: ConnectionError): void {
    if (this.failure) return;
    this.failure = error;
    // It must not be higher than what was said before (RFC 9113, section 6.8).
    this.goAway(Math.min(this.lastPeerStream, this.lastAllowed), error.code, error.message);
    this.lose(error.message);
    this.events.onFailed(error);
  }

  /** The connection is gone: tells all streams. */
  lose(why: string): void {
    this.accepting = false;
    this.window.end();
    for (const stream of this.streams.values()) this.dropStream(stream, why, false);
  }

  /** Closes a stream that the peer will not answer. */
  dropStream(stream: Stream, why: string, unprocessed: boolean): void {
    if (stream.closed) return; // by what another stream's loss brought about
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

  /** END_STREAM of this side was written. */
  #ended(stream: Stream): void {
    stream.localEnded = true;
    this.finished++;
    if (stream.remoteEnded) this.close(stream, false);
    else if (this.server) {
      // A complete answer: the rest of the request is not needed (RFC 9113, section 8.1).
      this.reset(stream, ErrorCode.NO_ERROR);
    }
  }
}
