import { FRAME_HEADER_BYTES, type FrameType } from "../protocol/frame.ts";

/** The largest buffer that an idle connection keeps, in octets. */
const MAX_IDLE_BYTES = 512;

/** The octets to be written, in two buffers that alternate: one is filled while the other is being written. */
export class Output {
  /** The buffer that is being filled. {@linkcode Output.reserve} may replace it. */
  buf: Uint8Array = new Uint8Array(0);
  /** The number of octets in the buffer. */
  length = 0;
  #spare: Uint8Array | undefined;

  /** Makes room for `octets` more. The caller writes them at {@linkcode Output.length}, and then increases that. */
  reserve(octets: number): void {
    const needed = this.length + octets;
    if (needed <= this.buf.length) return;
    const grown = new Uint8Array(Math.max(needed, this.buf.length * 2, MAX_IDLE_BYTES));
    grown.set(this.buf.subarray(0, this.length));
    this.buf = grown;
  }

  /** Writes a frame header, and makes room for its payload. */
  frame(length: number, type: number, flags: number, streamId: number): void {
    this.reserve(FRAME_HEADER_BYTES + length);
    this.putHeader(this.length, length, type, flags, streamId);
    this.length += FRAME_HEADER_BYTES;
  }

  /** Writes a frame header at `at`, where there is room for it. */
  putHeader(at: number, length: number, type: number, flags: number, streamId: number): void {
    const { buf } = this;
    buf[at] = length >>> 16;
    buf[at + 1] = length >>> 8;
    buf[at + 2] = length;
    buf[at + 3] = type;
    buf[at + 4] = flags;
    this.#put(at + 5, streamId);
  }

  /** Writes a 32-bit number. */
  uint32(value: number): void {
    this.#put(this.length, value);
    this.length += 4;
  }

  /** Writes octets. */
  bytes(bytes: Uint8Array): void {
    this.buf.set(bytes, this.length);
    this.length += bytes.length;
  }

  /** Writes a frame whose payload is one 32-bit number: RST_STREAM or WINDOW_UPDATE. */
  number(type: typeof FrameType.RST_STREAM | typeof FrameType.WINDOW_UPDATE, streamId: number, value: number): void {
    this.frame(4, type, 0, streamId);
    this.uint32(value);
  }

  /** Returns the octets to be written. Afterwards they must be returned with {@linkcode Output.giveBack}. */
  take(): Uint8Array {
    const taken = this.buf.subarray(0, this.length);
    this.buf = this.#spare ?? new Uint8Array(0);
    this.#spare = undefined;
    this.length = 0;
    return taken;
  }

  /** Returns a buffer from {@linkcode Output.take} after it was written. */
  giveBack(taken: Uint8Array): void {
    if (this.buf.length === 0) this.buf = new Uint8Array(taken.buffer);
    else this.#spare ??= new Uint8Array(taken.buffer);
  }

  /** Releases large buffers, as the connection is idle. */
  shrink(): void {
    this.#spare = undefined;
    if (this.length === 0 && this.buf.length > MAX_IDLE_BYTES) this.buf = new Uint8Array(0);
  }

  #put(at: number, value: number): void {
    const { buf } = this;
    buf[at] = value >>> 24;
    buf[at + 1] = value >>> 16;
    buf[at + 2] = value >>> 8;
    buf[at + 3] = value;
  }
}
