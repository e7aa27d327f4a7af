import type { FieldList } from "./hpack/field_list.ts";
import { ConnectionError, ErrorCode } from "./protocol/error.ts";
import { FRAME_HEADER_BYTES, FrameType, MAX_STREAM_ID, PREFACE } from "./protocol/frame.ts";
import { type PeerSettings, SettingId } from "./protocol/settings.ts";
import { FrameReader } from "./readers/frame_reader.ts";
import { Sender } from "./sender.ts";
import type { Budget } from "./state/budget.ts";
import { type ConnectionEvents, ConnectionState, type Http2Limits } from "./state/connection_state.ts";
import type { Output } from "./state/output.ts";
import type { Pings } from "./state/pings.ts";
import { INITIAL_STREAM_WINDOW_BYTES, type ReceiveWindow } from "./state/receive_window.ts";
import type { SendWindow } from "./state/send_window.ts";
import { type Stream, StreamState } from "./state/stream.ts";
import type { StreamTable } from "./state/stream_table.ts";

export type { ConnectionEvents, Http2Limits };

/**
 * One side of an HTTP/2 connection (RFC 9113), without a socket: octets in, events and octets out. Pass the received
 * octets to {@linkcode Connection.receive}, and send those in {@linkcode Connection.output}. It has no timer, never
 * waits, and allocates no object for a frame.
 *
 * It puts the parts together. The {@linkcode ConnectionState} is shared. The sender uses it, and the readers use both.
 */
export class Connection {
  /** What the readers and the sender share. The layer above uses the parts that are listed here. */
  readonly state: ConnectionState;
  /** Whether this is the server's side. */
  readonly server: boolean;
  /** The octets to be sent to the peer. */
  readonly output: Output;
  /** The peer's settings. */
  readonly peer: PeerSettings;
  /** Sends PINGs. */
  readonly pings: Pings;
  /** The open streams. */
  readonly streams: StreamTable;
  /** The flow control of what is received. */
  readonly receiveWindow: ReceiveWindow;
  /** The flow control of what is sent. */
  readonly sendWindow: SendWindow;
  /** Why the connection has failed; undefined if it has not. */
  failure: ConnectionError | undefined;
  readonly #reader: FrameReader;
  readonly #sender: Sender;

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
    const state = this.state = new ConnectionState(role, limits, events, budget);
    this.server = state.server;
    this.output = state.output;
    this.peer = state.peer;
    this.pings = state.pings;
    this.streams = state.streams;
    this.receiveWindow = state.receiveWindow;
    this.sendWindow = state.sendWindow;
    this.#sender = new Sender(state);
    this.#reader = new FrameReader(state, this.#sender);
    greet(state);
  }

  /** Whether the peer's SETTINGS have arrived. */
  get established(): boolean {
    return this.state.established;
  }

  /** Whether the peer accepts new streams. */
  get accepting(): boolean {
    return this.state.accepting;
  }

  /** Whether no stream identifiers are left, so that no more streams can be opened. */
  get usedUp(): boolean {
    return this.state.nextStream > MAX_STREAM_ID;
  }

  /** A number that grows with each stream that this side opens, and with each HEADERS and DATA frame that arrives. */
  get progress(): number {
    return this.pings.callFrames + this.state.nextStream;
  }

  /** A number that identifies the incomplete header block; 0 if there is none. */
  get headerBlock(): number {
    return this.#reader.headerBlock;
  }

  /** Whether a drain has begun: see {@linkcode Connection.drain}. */
  get draining(): boolean {
    return this.state.drain.begun;
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

  /** Sends queued data. To be called when the output has room again. */
  resume(): void {
    this.#sender.resume();
  }

  /** Opens a stream as a client. Returns undefined if the peer accepts no more now, or at all. */
  open(): Stream | undefined {
    const { state } = this;
    if (!state.accepting || state.streams.size >= state.peer.maxConcurrentStreams) return undefined;
    const stream = state.nextIdle();
    if (this.usedUp) state.accepting = false;
    return stream;
  }

  /** Sends fields. */
  sendHeaders(stream: Stream, fields: FieldList, end: boolean): void {
    if (stream.state !== StreamState.Closed) this.#sender.headers(stream, fields, end);
  }

  /** Sends data. See {@linkcode Sender.data}. Data of a closed stream is discarded: returns true. */
  sendData(stream: Stream, head: Uint8Array, body: Uint8Array, end: boolean): boolean {
    return stream.state === StreamState.Closed || this.#sender.data(stream, head, body, end);
  }

  /** Resets a stream, and discards what is queued on it. The stream receives no event. */
  reset(stream: Stream, code: ErrorCode): void {
    this.state.localReset(stream, code);
  }

  /**
   * Begins to end a connection without the loss of a stream, as a server. The peer learns that no more streams are
   * accepted. Those that it opens before it reads that are still served. Then follows `onDrained`.
   *
   * @param text The reason, for the peer.
   */
  drain(text: string): void {
    this.state.drain.begin(text);
  }

  /** Refuses later streams of the peer: for a peer that has not answered the PING of a drain, or without a drain. */
  refuseStreams(): void {
    if (!this.failure) this.state.refuseStreams();
  }

  /** Ends the connection because of an error of the peer. Sends GOAWAY; all streams are lost. */
  fail(error: ConnectionError): void {
    if (this.failure) return;
    this.failure = error;
    this.state.drain.sendGoAway(this.state.lastPeerStream, error.code, error.message);
    this.lose(error.message);
    this.state.events.onFailed(error);
  }

  /** Reports to all streams that the connection is lost. */
  lose(why: string): void {
    this.state.accepting = false;
    this.receiveWindow.end();
    for (const stream of this.streams.values()) this.state.lost(stream, why, false);
  }
}

/** Sends what a connection begins with (RFC 9113, section 3.4): the client's preface, SETTINGS, and a wider window. */
function greet({ server, limits, output, receiveWindow }: ConnectionState): void {
  if (!server) {
    output.reserve(PREFACE.length);
    output.bytes(PREFACE);
  }
  const settings: [number, number][] = [
    server ? [SettingId.MAX_CONCURRENT_STREAMS, limits.concurrentStreams] : [SettingId.ENABLE_PUSH, 0],
    [SettingId.INITIAL_WINDOW_SIZE, INITIAL_STREAM_WINDOW_BYTES],
    [SettingId.MAX_HEADER_LIST_SIZE, limits.headerListBytes],
  ];
  output.frame(6 * settings.length, FrameType.SETTINGS, 0, 0);
  for (const [id, value] of settings) {
    output.bytes(new Uint8Array([id >> 8, id]));
    output.uint32(Math.min(value, 2 ** 32 - 1));
  }
  output.reserve(FRAME_HEADER_BYTES + 4);
  receiveWindow.start();
}
