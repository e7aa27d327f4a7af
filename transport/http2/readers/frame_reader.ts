import { protocol, sizeError } from "../protocol/error.ts";
import {
  Flag,
  FRAME_HEADER_BYTES,
  FrameType,
  MAX_RECEIVED_FRAME_BYTES,
  PREFACE,
  readUint31,
} from "../protocol/frame.ts";
import type { Sender } from "../sender.ts";
import type { ConnectionState } from "../state/connection_state.ts";
import type { Pings } from "../state/pings.ts";
import { ControlFrames } from "./control_frames.ts";
import { Faults } from "./faults.ts";
import type { TokenBucket } from "./token_bucket.ts";
import { HeaderReader } from "./header_reader.ts";
import { StreamFrames } from "./stream_frames.ts";

/**
 * Splits the peer's octets into frames (RFC 9113, section 4), and passes each to the handler of its type:
 * {@linkcode StreamFrames}, {@linkcode HeaderReader} or {@linkcode ControlFrames}.
 */
export class FrameReader {
  readonly #state: ConnectionState;
  readonly #headerReader: HeaderReader;
  readonly #streamFrames: StreamFrames;
  readonly #controlFrames: ControlFrames;
  readonly #controlBucket: TokenBucket;
  readonly #pings: Pings;
  #prefaceRead = 0;
  /**
   * Counts the completed frames, except those after which a header block goes on. So it stays the same from a block's
   * first octet to its last, and identifies the block.
   */
  #completed = 0;
  /** Whether the incomplete frame belongs to a header block. */
  #isHeaderIncomplete = false;

  /**
   * Creates the reader of a connection.
   *
   * @param state The state of the connection.
   * @param sender Sends what waited for the peer.
   */
  constructor(state: ConnectionState, sender: Sender) {
    this.#state = state;
    this.#pings = state.pings;
    const faults = new Faults(state);
    this.#controlBucket = faults.controlBucket;
    this.#headerReader = new HeaderReader(state, faults);
    this.#streamFrames = new StreamFrames(state, sender, faults);
    this.#controlFrames = new ControlFrames(state, sender, faults.controlBucket);
    if (!state.server) this.#prefaceRead = PREFACE.length;
  }

  /**
   * Identifies the incomplete header block, so that `Lifetime` sees whether it is still the same one; 0 if there is
   * none.
   */
  get headerBlock(): number {
    return this.#headerReader.expected !== 0 || this.#isHeaderIncomplete ? this.#completed + 1 : 0;
  }

  /**
   * Reads all complete frames in buf from `at` to `end`.
   *
   * @returns Where it stopped.
   * @throws {ConnectionError} If the connection must end.
   */
  read(buf: Uint8Array, at: number, end: number): number {
    if (this.#state.server) this.#state.readAt = performance.now() | 0;
    if (this.#prefaceRead < PREFACE.length) at = this.#readPreface(buf, at, end);
    while (end - at >= FRAME_HEADER_BYTES) {
      const length = buf[at]! << 16 | buf[at + 1]! << 8 | buf[at + 2]!;
      if (length > MAX_RECEIVED_FRAME_BYTES) {
        throw sizeError(`a frame of ${length} octets, over SETTINGS_MAX_FRAME_SIZE`);
      }
      const start = at + FRAME_HEADER_BYTES;
      if (end - start < length) break;
      this.#frame(buf[at + 3]!, buf[at + 4]!, readUint31(buf, at + 5), buf, start, start + length);
      if (this.#headerReader.expected === 0) this.#completed++;
      at = start + length;
    }
    // The rest is the beginning of a frame. Its type octet may be missing. Until that arrives, the frame counts as part
    // of a header block.
    const type = buf[at + 3]!;
    this.#isHeaderIncomplete = at < end &&
      (end - at < 4 || type === FrameType.HEADERS || type === FrameType.CONTINUATION);
    return at;
  }

  #readPreface(buf: Uint8Array, at: number, end: number): number {
    while (at < end && this.#prefaceRead < PREFACE.length) {
      if (buf[at++] !== PREFACE[this.#prefaceRead++]) throw protocol("no HTTP/2 client preface");
    }
    return at;
  }

  #frame(type: number, flags: number, id: number, buf: Uint8Array, start: number, end: number): void {
    const { expected } = this.#headerReader;
    if (expected !== 0 && (type !== FrameType.CONTINUATION || id !== expected)) {
      throw protocol("a frame inside a header block that is no CONTINUATION of it");
    }
    if (!this.#state.established && (type !== FrameType.SETTINGS || flags & Flag.ACK)) {
      throw protocol("the first frame is no SETTINGS");
    }
    switch (type) {
      case FrameType.DATA:
        this.#pings.callFrames++;
        return this.#streamFrames.data(flags, id, buf, start, end);
      case FrameType.HEADERS:
        this.#pings.callFrames++;
        return this.#headerReader.headers(flags, id, buf, start, end);
      case FrameType.CONTINUATION:
        return this.#headerReader.continuation(flags, id, buf, start, end);
      case FrameType.WINDOW_UPDATE:
        return this.#streamFrames.windowUpdate(id, buf, start, end);
      case FrameType.RST_STREAM:
        return this.#streamFrames.rstStream(id, buf, start, end);
      case FrameType.SETTINGS:
        return this.#controlFrames.settings(flags, id, buf, start, end);
      case FrameType.PING:
        return this.#controlFrames.ping(flags, id, buf, start, end);
      case FrameType.GOAWAY:
        return this.#controlFrames.goAway(id, buf, start, end);
      case FrameType.PRIORITY:
        return this.#controlFrames.priority(id, buf, start, end);
      case FrameType.PUSH_PROMISE:
        throw protocol("PUSH_PROMISE, which was not allowed");
      default:
        // Frames of extensions are ignored (section 5.5).
        this.#controlBucket.spend("frames of unknown types");
    }
  }
}
