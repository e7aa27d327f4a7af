import type { Connection } from "./connection.ts";
import { ControlFrames } from "./control_frames.ts";
import { ErrorCode, protocol, sizeError, windowTooLarge } from "./error.ts";
import { Flag, FRAME_HEADER_BYTES, FrameType, MIN_FRAME_BYTES, PREFACE, readUint31, readUint32 } from "./frame.ts";
import { Guard } from "./guard.ts";
import { HeaderReader } from "./header_reader.ts";
import { PingPurpose } from "./pings.ts";
import type { Stream } from "./stream.ts";

/**
 * A reset after this time is not a rapid reset: the stream has occupied a slot for that long, so there can't be many.
 * The caller has only stopped waiting.
 */
const MIN_SLOW_RESET_MS = 50;

/** Reads the peer's frames (RFC 9113, sections 4 and 6), and handles those that belong to streams. */
export class FrameReader {
  readonly #connection: Connection;
  readonly #headers: HeaderReader;
  readonly #frames: ControlFrames;
  readonly #control: Guard;
  readonly #resets: Guard;
  #prefaceRead = 0;
  #dataFrames = 0;
  /** Counts the frames of which a read contained only the beginning. */
  #cut = 0;
  /** Whether the incomplete frame belongs to a header block. */
  #cutsHeaders = false;

  /**
   * Creates the reader of a connection.
   *
   * @param connection The connection.
   */
  constructor(connection: Connection) {
    this.#connection = connection;
    const { limits, server } = connection;
    const useful = () => this.#dataFrames + connection.lastPeerStream / 2 + connection.sender.frames;
    this.#control = new Guard("controlFrames", limits.controlFrames, useful);
    this.#frames = new ControlFrames(connection, this.#control);
    this.#resets = new Guard("resets", limits.resets, () => connection.finished);
    this.#headers = new HeaderReader(connection, (stream, code, why) => this.#streamError(stream, code, why));
    if (!server) this.#prefaceRead = PREFACE.length;
  }

  /** Whether the peer's first SETTINGS have arrived. */
  get established(): boolean {
    return this.#frames.settled;
  }

  /** A number that identifies the incomplete header block; 0 if there is none. */
  get headerBlock(): number {
    if (this.#headers.expected !== 0) return -this.#headers.expected;
    return this.#cutsHeaders ? this.#cut : 0;
  }

  /**
   * Reads all complete frames in buf from `at` to `end`.
   *
   * @returns Where it stopped.
   * @throws {ConnectionError} If the connection must end.
   */
  read(buf: Uint8Array, at: number, end: number): number {
    const from = at;
    if (this.#connection.server) this.#connection.readAt = performance.now() | 0;
    if (this.#prefaceRead < PREFACE.length) at = this.#readPreface(buf, at, end);
    while (end - at >= FRAME_HEADER_BYTES) {
      const length = buf[at]! << 16 | buf[at + 1]! << 8 | buf[at + 2]!;
      if (length > MIN_FRAME_BYTES) throw sizeError(`a frame of ${length} octets, over SETTINGS_MAX_FRAME_SIZE`);
      const start = at + FRAME_HEADER_BYTES;
      if (end - start < length) break;
      this.#frame(buf[at + 3]!, buf[at + 4]!, readUint31(buf, at + 5), buf, start, start + length);
      at = start + length;
    }
    // The rest is the beginning of a frame. It is the same frame as before if no frame was completed.
    if (at > from || this.#cut === 0) this.#cut++;
    const type = buf[at + 3]!;
    this.#cutsHeaders = at < end && (end - at < 4 || type === FrameType.HEADERS || type === FrameType.CONTINUATION);
    return at;
  }

  #readPreface(buf: Uint8Array, at: number, end: number): number {
    while (at < end && this.#prefaceRead < PREFACE.length) {
      if (buf[at++] !== PREFACE[this.#prefaceRead++]) throw protocol("no HTTP/2 client preface");
    }
    return at;
  }

  #frame(type: number, flags: number, id: number, buf: Uint8Array, start: number, end: number): void {
    const { expected } = this.#headers;
    if (expected !== 0 && (type !== FrameType.CONTINUATION || id !== expected)) {
      throw protocol("a frame inside a header block that is no CONTINUATION of it");
    }
    if (!this.#frames.settled && (type !== FrameType.SETTINGS || flags & Flag.ACK)) {
      throw protocol("the first frame is no SETTINGS");
    }
    switch (type) {
      case FrameType.DATA:
        this.#connection.callFrames++;
        return this.#data(flags, id, buf, start, end);
      case FrameType.HEADERS:
        this.#connection.callFrames++;
        return this.#headers.headers(flags, id, buf, start, end);
      case FrameType.CONTINUATION:
        return this.#headers.continuation(flags, id, buf, start, end);
      case FrameType.WINDOW_UPDATE:
        return this.#windowUpdate(id, buf, start, end);
      case FrameType.RST_STREAM:
        return this.#rstStream(id, buf, start, end);
      case FrameType.SETTINGS:
        return this.#frames.settings(flags, id, buf, start, end);
      case FrameType.PING:
        return this.#frames.ping(flags, id, buf, start, end);
      case FrameType.GOAWAY:
        return this.#frames.goAway(id, buf, start, end);
      case FrameType.PRIORITY:
        return this.#frames.priority(id, buf, start, end);
      case FrameType.PUSH_PROMISE:
        throw protocol("PUSH_PROMISE, which was not allowed");
      default:
        // Frames of extensions are ignored (section 5.5).
        this.#control.spend("frames of unknown types");
    }
  }

  /** Handles DATA (section 6.1). */
  #data(flags: number, id: number, buf: Uint8Array, start: number, end: number): void {
    const { window, closed } = this.#connection;
    const octets = end - start;
    window.receive(octets);
    const stream = this.#known(id, "DATA");
    if (flags & Flag.PADDED) {
      if (octets === 0) throw sizeError("DATA without their padding's length");
      const padding = buf[start]!;
      if (octets <= padding) throw protocol("padding as long as its frame");
      start += 1;
      end -= padding;
    }
    if (stream === undefined || stream.remoteEnded || !stream.headersReceived) {
      window.release(octets);
      if (octets === 0) this.#control.spend("empty DATA frames");
      if (stream) {
        this.#streamError(
          stream,
          stream.remoteEnded ? ErrorCode.STREAM_CLOSED : ErrorCode.PROTOCOL_ERROR,
          "DATA out of place",
        );
      } else if (this.#connection.server && !closed.wasResetByUs(id)) this.#strayReset(id);
      return;
    }
    const last = (flags & Flag.END_STREAM) !== 0;
    if (end === start && !last) this.#control.spend("empty DATA frames");
    else this.#dataFrames++;
    stream.receiveWindow -= octets;
    stream.received += end - start;
    const why = stream.receiveWindow < 0
      ? "DATA beyond the stream's window"
      : isWrongLength(stream, last)
      ? "DATA of another length than content-length"
      : undefined;
    if (why !== undefined) {
      window.release(octets);
      const code = stream.receiveWindow < 0 ? ErrorCode.FLOW_CONTROL_ERROR : ErrorCode.PROTOCOL_ERROR;
      return this.#streamError(stream, code, why);
    }
    if (octets > end - start) {
      window.release(octets - (end - start));
      window.consume(stream, octets - (end - start));
    }
    if (last) this.#remoteEnd(stream);
    stream.events!.onData(buf, start, end, last);
    if (window.wantsSample()) this.#connection.pings.send(PingPurpose.Bandwidth);
  }

  #remoteEnd(stream: Stream): void {
    stream.remoteEnded = true;
    if (stream.localEnded) this.#connection.close(stream, false);
  }

  /** Handles RST_STREAM (section 6.4). */
  #rstStream(id: number, buf: Uint8Array, start: number, end: number): void {
    if (end - start !== 4) throw sizeError("an RST_STREAM of a wrong size");
    const stream = this.#known(id, "RST_STREAM");
    const { server, readAt } = this.#connection;
    // A reset of a stream that is already closed wastes no work. It happens when the deadlines of both sides expire
    // together.
    if (server && stream && (readAt - stream.opened | 0) < MIN_SLOW_RESET_MS) this.#resets.spend("streams reset");
    else this.#control.spend("RST_STREAM frames");
    if (stream === undefined) return;
    const code = readUint32(buf, start);
    this.#connection.close(stream, false);
    stream.events?.onReset(code, "");
  }

  /** Handles WINDOW_UPDATE (section 6.9). */
  #windowUpdate(id: number, buf: Uint8Array, start: number, end: number): void {
    if (end - start !== 4) throw sizeError("a WINDOW_UPDATE of a wrong size");
    const { sender } = this.#connection;
    const stream = id === 0 ? undefined : this.#known(id, "WINDOW_UPDATE");
    this.#control.spend("WINDOW_UPDATE frames");
    if (id !== 0 && stream === undefined) return;
    const octets = readUint31(buf, start);
    if (octets === 0) {
      if (stream === undefined) throw protocol("a WINDOW_UPDATE of 0");
      return this.#streamError(stream, ErrorCode.PROTOCOL_ERROR, "a WINDOW_UPDATE of 0");
    }
    if (!sender.open(stream, octets)) {
      if (stream === undefined) throw windowTooLarge();
      return this.#streamError(stream, ErrorCode.FLOW_CONTROL_ERROR, "a window over 2^31-1 octets");
    }
    if (sender.waiting > 0) sender.resume();
  }

  /** Returns the open stream that a frame names; undefined if it is closed. */
  #known(id: number, frame: string): Stream | undefined {
    const stream = this.#connection.streams.get(id);
    if (stream === undefined && !this.#connection.known(id)) throw protocol(`${frame} on stream ${id}, which is idle`);
    return stream;
  }

  /** Ends a stream because of an error of the peer. Many such streams count like many resets by the peer. */
  #streamError(stream: Stream, code: ErrorCode, why: string): void {
    this.#connection.reset(stream, code);
    stream.events?.onReset(code, why);
    if (this.#connection.server) this.#resets.spend("streams in error");
  }

  #strayReset(id: number): void {
    this.#connection.output.number(FrameType.RST_STREAM, id, ErrorCode.STREAM_CLOSED);
    this.#resets.spend("frames on closed streams");
  }
}

function isWrongLength({ contentLength, received }: Stream, last: boolean): boolean {
  return contentLength >= 0 && (last ? received !== contentLength : received > contentLength);
}
