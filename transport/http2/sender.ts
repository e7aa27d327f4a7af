import { Queue } from "../../base/queue.ts";
import type { FieldList } from "./hpack/field_list.ts";
import type { HpackEncoder } from "./hpack/encoder.ts";
import { Flag, FRAME_HEADER_BYTES, FrameType } from "./frame.ts";
import type { Output } from "./output.ts";
import { DEFAULT_WINDOW_BYTES, MAX_WINDOW_BYTES, type PeerSettings } from "./settings.ts";
import type { Budget, Queued, Stream } from "./stream.ts";

/** If more octets than this wait to be written, streams queue their data. */
const HIGH_WATER_BYTES = 256 * 1024;
/** How much one stream sends before the next stream gets its turn, in octets. */
const QUANTUM_BYTES = 16 * 1024;

/**
 * The sending side of a connection. It handles flow control (RFC 9113, section 5.2) and fairness between streams, and
 * writes HEADERS and DATA.
 */
export class Sender {
  /** The octets that may still be sent on the connection. */
  window: number = DEFAULT_WINDOW_BYTES;
  /** The octets of data in the queues of all streams. */
  queued = 0;
  /** How many HEADERS and DATA frames were written. */
  frames = 0;
  readonly #output: Output;
  readonly #encoder: HpackEncoder;
  readonly #peer: PeerSettings;
  readonly #budget: Budget;
  readonly #onEnd: (stream: Stream) => void;
  readonly #waiting = new Set<Stream>();

  /**
   * Creates a sender.
   *
   * @param output Receives the frames.
   * @param encoder Encodes the fields.
   * @param peer The peer's settings.
   * @param budget Counts the octets in the queues of streams.
   * @param onEnd Called when END_STREAM of a stream was written.
   */
  constructor(
    output: Output,
    encoder: HpackEncoder,
    peer: PeerSettings,
    budget: Budget,
    onEnd: (stream: Stream) => void,
  ) {
    this.#output = output;
    this.#encoder = encoder;
    this.#peer = peer;
    this.#budget = budget;
    this.#onEnd = onEnd;
  }

  /** The number of streams with a queue. */
  get waiting(): number {
    return this.#waiting.size;
  }

  /** Sends fields, after everything that is queued on the stream. */
  headers(stream: Stream, fields: FieldList, end: boolean): void {
    stream.ending = end;
    // A client's streams must open in the order of their identifiers (section 5.1.1), so the fields that open a stream
    // never wait.
    const opens = !stream.headersReceived;
    if (stream.queue === undefined && (opens || this.#output.length < HIGH_WATER_BYTES)) {
      this.#writeHeaders(stream, fields, end);
    } else this.#enqueue(stream, { fields, end });
  }

  /**
   * Sends data in two parts, so that the caller need not join them.
   *
   * @param head The first part. It is copied before this returns.
   * @param body The second part. The caller must not change it afterwards.
   * @returns Whether all of it was written. If not, the stream's `onDrained` follows later.
   */
  data(stream: Stream, head: Uint8Array, body: Uint8Array, end: boolean): boolean {
    stream.ending = end;
    const size = head.length + body.length;
    const free = stream.queue === undefined && this.#output.length < HIGH_WATER_BYTES;
    if (free && size <= stream.sendWindow && size <= this.window && size <= this.#peer.maxFrameSize) {
      this.#output.frame(size, FrameType.DATA, end ? Flag.END_STREAM : 0, stream.id);
      this.#output.bytes(head);
      this.#output.bytes(body);
      this.#sent(stream, size, end);
      return true;
    }
    this.#count(size);
    this.#enqueue(stream, { head: head.slice(), body, sent: 0, end });
    if (free) this.#flush(stream, Infinity);
    return stream.queue === undefined;
  }

  /**
   * Opens the window of the connection or of a stream. Returns false if it becomes larger than allowed (section 6.9.1).
   */
  open(stream: Stream | undefined, octets: number): boolean {
    if ((stream === undefined ? this.window : stream.sendWindow) + octets > MAX_WINDOW_BYTES) return false;
    if (stream === undefined) this.window += octets;
    else stream.sendWindow += octets;
    return true;
  }

  /** Sends queued data, one quantum per stream in turn. */
  resume(): void {
    for (const stream of this.#waiting) {
      if (this.#output.length >= HIGH_WATER_BYTES) return;
      // A stream with more data moves to the end: a Set keeps the order of insertion, and its iteration includes
      // entries that are added meanwhile.
      if (this.#flush(stream, QUANTUM_BYTES) && this.#waiting.delete(stream)) this.#waiting.add(stream);
    }
  }

  /** Discards the queue of a stream that was reset. */
  discard(stream: Stream): void {
    for (const item of stream.queue ?? []) if (item.fields === undefined) this.#count(-left(item));
    stream.queue = undefined;
    this.#waiting.delete(stream);
  }

  #count(octets: number): void {
    this.queued += octets;
    this.#budget.queued += octets;
  }

  #enqueue(stream: Stream, item: Queued): void {
    (stream.queue ??= new Queue()).push(item);
    this.#waiting.add(stream);
  }

  /** Writes at most `quantum` octets of a stream's queue. Returns whether it wrote anything. */
  #flush(stream: Stream, quantum: number): boolean {
    const queue = stream.queue!;
    let wrote = false;
    for (let item = queue.first; item !== undefined; item = queue.first) {
      if (item.fields) this.#writeHeaders(stream, item.fields, item.end);
      else {
        // A window may be negative. An empty frame needs no window.
        const room = Math.max(Math.min(quantum, stream.sendWindow, this.window, this.#peer.maxFrameSize), 0);
        const size = Math.min(left(item), room);
        if ((size === 0 && left(item) > 0) || this.#output.length >= HIGH_WATER_BYTES) return wrote;
        this.#writeData(stream, item, size);
        quantum -= size;
        if (left(item) > 0) {
          wrote = true;
          continue;
        }
      }
      wrote = true;
      queue.shift();
      if (stream.closed) break;
    }
    stream.queue = undefined;
    this.#waiting.delete(stream);
    stream.events?.onDrained();
    return true;
  }

  #writeData(stream: Stream, item: Queued & { fields?: undefined }, size: number): void {
    const { head, body, sent } = item;
    const end = item.end && size === left(item);
    this.#output.frame(size, FrameType.DATA, end ? Flag.END_STREAM : 0, stream.id);
    const ofHead = Math.min(size, Math.max(head.length - sent, 0));
    if (ofHead > 0) this.#output.bytes(head.subarray(sent, sent + ofHead));
    const from = sent + ofHead - head.length;
    if (size > ofHead) this.#output.bytes(body.subarray(from, from + size - ofHead));
    item.sent += size;
    this.#count(-size);
    this.#sent(stream, size, end);
  }

  #sent(stream: Stream, size: number, end: boolean): void {
    this.frames++;
    stream.sendWindow -= size;
    this.window -= size;
    if (end) this.#onEnd(stream);
  }

  #writeHeaders(stream: Stream, fields: FieldList, end: boolean): void {
    const output = this.#output;
    output.reserve(FRAME_HEADER_BYTES + this.#encoder.bound(fields));
    const start = output.length + FRAME_HEADER_BYTES;
    const size = this.#encoder.encode(fields, output.buf, start) - start;
    const flags = end ? Flag.END_STREAM : 0;
    this.frames++;
    if (size <= this.#peer.maxFrameSize) {
      output.putHeader(output.length, size, FrameType.HEADERS, flags | Flag.END_HEADERS, stream.id);
      output.length = start + size;
    } else this.#writeBlock(stream.id, output.buf.slice(start, start + size), flags);
    if (end) this.#onEnd(stream);
  }

  /** Writes a header block that needs CONTINUATION frames (section 6.10). */
  #writeBlock(id: number, block: Uint8Array, flags: number): void {
    for (let at = 0; at < block.length; at += this.#peer.maxFrameSize) {
      const part = block.subarray(at, at + this.#peer.maxFrameSize);
      const last = at + part.length === block.length ? Flag.END_HEADERS : 0;
      if (at === 0) this.#output.frame(part.length, FrameType.HEADERS, flags | last, id);
      else this.#output.frame(part.length, FrameType.CONTINUATION, last, id);
      this.#output.bytes(part);
    }
  }
}

const left = (item: Queued & { fields?: undefined }) => item.head.length + item.body.length - item.sent;
