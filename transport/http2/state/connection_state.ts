import type { FieldList } from "../hpack/field_list.ts";
import { HpackEncoder } from "../hpack/encoder.ts";
import { type ConnectionError, ErrorCode } from "../protocol/error.ts";
import { FrameType } from "../protocol/frame.ts";
import { initialSettings, type PeerSettings } from "../protocol/settings.ts";
import type { Budget } from "./budget.ts";
import { ClosedStreams } from "./closed_streams.ts";
import { Drain } from "./drain.ts";
import { Output } from "./output.ts";
import { Pings } from "./pings.ts";
import { INITIAL_STREAM_WINDOW_BYTES, ReceiveWindow } from "./receive_window.ts";
import { SendWindow } from "./send_window.ts";
import { Stream, StreamState } from "./stream.ts";
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
  /** A drain has ended: no stream is open, and no more are accepted. */
  onDrained?(): void;
  /** A stream was refused because of a limit. A limit that ends the connection is reported by `onFailed` instead. */
  onLimit?(limit: "concurrentStreams"): void;
  /** The peer accepts no more streams. `text` is a message with the code and `debug`, the text from the peer. */
  onGoAway(code: ErrorCode, text: string, debug: string): void;
  /** The connection failed because of the peer. The output holds the GOAWAY: write it, then close the socket. */
  onFailed(error: ConnectionError): void;
}

/**
 * The state of one side of a connection, which its readers and its sender share. The methods are the events in the life
 * of a stream.
 */
export class ConnectionState {
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
  /** Encodes header fields. Its table is as large as the peer's settings allow. */
  readonly encoder: HpackEncoder = new HpackEncoder();
  /** Sends PINGs. */
  readonly pings: Pings = new Pings(this.output);
  /** The drain of the connection. It sends GOAWAY. */
  readonly drain: Drain = new Drain(this.output, this.pings);
  /** The open streams. */
  readonly streams: StreamTable = new StreamTable();
  /** The streams that were closed most recently. */
  readonly closedStreams: ClosedStreams;
  /** The flow control of what is received. */
  readonly receiveWindow: ReceiveWindow;
  /** The flow control of what is sent. */
  readonly sendWindow: SendWindow;
  /** Whether the peer's SETTINGS have arrived. */
  established = false;
  /** Whether the peer accepts new streams. */
  accepting = true;
  /** The identifier of the next stream that a client opens. */
  nextStream = 1;
  /** The highest stream that the peer has opened. */
  lastPeerStream = 0;
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

  /**
   * Creates the state of a new connection.
   *
   * @param role The side.
   * @param limits The limits on the peer.
   * @param events Receives the events.
   * @param budget Counts the octets of messages that are held.
   */
  constructor(role: "server" | "client", limits: Http2Limits, events: ConnectionEvents, budget: Budget) {
    this.server = role === "server";
    this.limits = limits;
    this.events = events;
    this.closedStreams = new ClosedStreams(limits.concurrentStreams);
    this.receiveWindow = new ReceiveWindow(this.output, limits.connectionBufferBytes, limits.concurrentStreams, budget);
    this.sendWindow = new SendWindow(budget);
  }

  /** Returns whether either side has ever opened a stream with that identifier. */
  wasOpened(id: number): boolean {
    return (id & 1) === 1 ? id <= (this.server ? this.lastPeerStream : this.nextStream - 2) : false;
  }

  /** Returns the next stream of a client, which is idle until its HEADERS are sent. */
  nextIdle(): Stream {
    const stream = new Stream(this.nextStream, this.peer.initialWindowSize, INITIAL_STREAM_WINDOW_BYTES);
    this.streams.add(stream);
    this.nextStream += 2;
    return stream;
  }

  /** Handles that the HEADERS of an idle stream are sent. */
  localOpened(stream: Stream): void {
    stream.state = StreamState.Open;
  }

  /** Handles the HEADERS by which a client has opened a stream. */
  remoteOpened(id: number): Stream {
    const stream = new Stream(id, this.peer.initialWindowSize, INITIAL_STREAM_WINDOW_BYTES);
    stream.state = StreamState.Open;
    stream.headersReceived = true;
    stream.opened = this.readAt;
    this.lastPeerStream = id;
    this.streams.add(stream);
    return stream;
  }

  /** Handles that END_STREAM of this side was written. */
  localEnded(stream: Stream): void {
    this.finished++;
    if (stream.state === StreamState.HalfClosedRemote) return this.#close(stream, false);
    stream.state = StreamState.HalfClosedLocal;
    // The answer is complete, so the rest of the request is not needed (RFC 9113, section 8.1).
    if (this.server) this.localReset(stream, ErrorCode.NO_ERROR);
  }

  /** Handles END_STREAM of the peer. */
  remoteEnded(stream: Stream): void {
    if (stream.state === StreamState.HalfClosedLocal) this.#close(stream, false);
    else stream.state = StreamState.HalfClosedRemote;
  }

  /** Resets a stream, and discards what is queued on it. The stream receives no event. */
  localReset(stream: Stream, code: ErrorCode): void {
    if (stream.state === StreamState.Closed) return;
    this.output.number(FrameType.RST_STREAM, stream.id, code);
    this.#close(stream, true);
  }

  /** Handles RST_STREAM of the peer. */
  remoteReset(stream: Stream, code: ErrorCode): void {
    this.#close(stream, false);
    stream.events?.onReset(code, "");
  }

  /** Handles that the peer will not answer on a stream. */
  lost(stream: Stream, why: string, unprocessed: boolean): void {
    if (stream.state === StreamState.Closed) return; // closed by an event of another stream's loss
    this.#close(stream, false);
    stream.events?.onLost(why, unprocessed);
  }

  /** Takes the second step of a drain: later streams of the peer are refused. */
  refuseStreams(): void {
    this.drain.end(this.lastPeerStream);
    if (this.streams.size === 0) this.events.onDrained?.();
  }

  #close(stream: Stream, resetByUs: boolean): void {
    stream.state = StreamState.Closed;
    if (stream.queue) this.sendWindow.discard(stream);
    this.streams.delete(stream);
    this.receiveWindow.closed(stream);
    this.closedStreams.add(stream.id, resetByUs);
    this.events.onClosed();
    if (this.drain.refusing && this.streams.size === 0) this.events.onDrained?.();
  }
}
