import { ErrorCode, protocol, sizeError, windowTooLarge } from "../protocol/error.ts";
import { Flag, readUint31, readUint32 } from "../protocol/frame.ts";
import type { Sender } from "../sender.ts";
import type { ConnectionState } from "../state/connection_state.ts";
import { PingPurpose } from "../state/pings.ts";
import type { ReceiveWindow } from "../state/receive_window.ts";
import { type Stream, StreamState } from "../state/stream.ts";
import type { Faults } from "./faults.ts";

/**
 * A reset after this time is not rapid: the caller stopped waiting. There can't be many, because each stream has
 * occupied one of `concurrentStreams` for that long.
 */
const MIN_SLOW_RESET_MS = 50;

/** Handles the frames of open streams: DATA, RST_STREAM and WINDOW_UPDATE. */
export class StreamFrames {
  readonly #state: ConnectionState;
  readonly #sender: Sender;
  readonly #faults: Faults;
  readonly #window: ReceiveWindow;

  /**
   * Creates the handler of a connection.
   *
   * @param state The state of the connection.
   * @param sender Sends what waited for a window.
   * @param faults Counts what the peer does wrong.
   */
  constructor(state: ConnectionState, sender: Sender, faults: Faults) {
    this.#state = state;
    this.#sender = sender;
    this.#faults = faults;
    this.#window = state.receiveWindow;
  }

  /** Handles DATA (section 6.1). */
  data(flags: number, id: number, buf: Uint8Array, start: number, end: number): void {
    const window = this.#window;
    const octets = end - start;
    window.receive(octets);
    const stream = this.#streamOf(id, "DATA");
    if (flags & Flag.PADDED) {
      if (octets === 0) throw sizeError("DATA without their padding's length");
      const padding = buf[start]!;
      if (octets <= padding) throw protocol("padding as long as its frame");
      start += 1;
      end -= padding;
    }
    if (stream === undefined || stream.state === StreamState.HalfClosedRemote || !stream.headersReceived) {
      window.release(octets);
      if (octets === 0) this.#faults.controlBucket.spend("empty DATA frames");
      if (stream === undefined) return this.#faults.strayFrame(id);
      const code = stream.headersReceived ? ErrorCode.STREAM_CLOSED : ErrorCode.PROTOCOL_ERROR;
      return this.#faults.streamError(stream, code, "DATA out of place");
    }
    const last = (flags & Flag.END_STREAM) !== 0;
    if (end === start && !last) this.#faults.controlBucket.spend("empty DATA frames");
    else this.#faults.usefulData++;
    stream.receiveWindow -= octets;
    stream.received += end - start;
    const why = stream.receiveWindow < 0
      ? "DATA beyond the stream's window"
      : stream.hasWrongLength(last)
      ? "DATA of another length than content-length"
      : undefined;
    if (why !== undefined) {
      window.release(octets);
      const code = stream.receiveWindow < 0 ? ErrorCode.FLOW_CONTROL_ERROR : ErrorCode.PROTOCOL_ERROR;
      return this.#faults.streamError(stream, code, why);
    }
    if (octets > end - start) {
      window.release(octets - (end - start));
      window.consume(stream, octets - (end - start));
    }
    if (last) this.#state.remoteEnded(stream);
    stream.events!.onData(buf, start, end, last);
    if (window.wantsSample()) this.#state.pings.send(PingPurpose.Bandwidth);
  }

  /** Handles RST_STREAM (section 6.4). */
  rstStream(id: number, buf: Uint8Array, start: number, end: number): void {
    if (end - start !== 4) throw sizeError("an RST_STREAM of a wrong size");
    const stream = this.#streamOf(id, "RST_STREAM");
    const { server, readAt } = this.#state;
    // A reset of a stream that is already closed wastes no work. It happens when the deadlines of both sides expire
    // together.
    if (server && stream && (readAt - stream.opened | 0) < MIN_SLOW_RESET_MS) {
      this.#faults.resetBucket.spend("streams reset");
    } else this.#faults.controlBucket.spend("RST_STREAM frames");
    if (stream) this.#state.remoteReset(stream, readUint32(buf, start));
  }

  /** Handles WINDOW_UPDATE (section 6.9). */
  windowUpdate(id: number, buf: Uint8Array, start: number, end: number): void {
    if (end - start !== 4) throw sizeError("a WINDOW_UPDATE of a wrong size");
    const stream = id === 0 ? undefined : this.#streamOf(id, "WINDOW_UPDATE");
    this.#faults.controlBucket.spend("WINDOW_UPDATE frames");
    if (id !== 0 && stream === undefined) return;
    const octets = readUint31(buf, start);
    if (octets === 0) {
      if (stream === undefined) throw protocol("a WINDOW_UPDATE of 0");
      return this.#faults.streamError(stream, ErrorCode.PROTOCOL_ERROR, "a WINDOW_UPDATE of 0");
    }
    const { sendWindow } = this.#state;
    if (!sendWindow.open(stream, octets)) {
      if (stream === undefined) throw windowTooLarge();
      return this.#faults.streamError(stream, ErrorCode.FLOW_CONTROL_ERROR, "a window over 2^31-1 octets");
    }
    // At once, not after the read: frames that this side sends permit more WINDOW_UPDATE frames.
    if (sendWindow.waiting.size > 0) this.#sender.resume();
  }

  /** Returns the open stream that a frame names; undefined if it is closed. */
  #streamOf(id: number, frame: string): Stream | undefined {
    const stream = this.#state.streams.get(id);
    if (stream === undefined && !this.#state.wasOpened(id)) throw protocol(`${frame} on stream ${id}, which is idle`);
    return stream;
  }
}
