import type { HpackEncoder } from "./hpack/encoder.ts";
import type { FieldList } from "./hpack/field_list.ts";
import { Flag, FRAME_HEADER_BYTES, FrameType } from "./protocol/frame.ts";
import type { PeerSettings } from "./protocol/settings.ts";
import type { ConnectionState } from "./state/connection_state.ts";
import type { Output } from "./state/output.ts";
import { type SendWindow, unsent } from "./state/send_window.ts";
import { type QueuedData, type Stream, StreamState } from "./state/stream.ts";

/** If more octets than this wait to be written, streams queue their data. */
const HIGH_WATER_BYTES = 256 * 1024;
/** How much one stream sends before the next stream gets its turn, in octets. */
const QUANTUM_BYTES = 16 * 1024;

/** Writes HEADERS and DATA as flow control permits (RFC 9113, section 5.2), with fairness between streams. */
export class Sender {
  readonly #state: ConnectionState;
  readonly #output: Output;
  readonly #encoder: HpackEncoder;
  readonly #peer: PeerSettings;
  readonly #window: SendWindow;

  /**
   * Creates the sender of a connection.
   *
   * @param state The state of the connection.
   */
  constructor(state: ConnectionState) {
    this.#state = state;
    this.#output = state.output;
    this.#encoder = state.encoder;
    this.#peer = state.peer;
    this.#window = state.sendWindow;
  }

  /** Sends fields, after everything that is queued on the stream. */
  headers(stream: Stream, fields: FieldList, end: boolean): void {
    // A client's streams must open in the order of their identifiers (section 5.1.1), so the fields that open a stream
    // never wait.
    const opens = stream.state === StreamState.Idle;
    if (opens) this.#state.localOpened(stream);
    if (stream.queue === undefined && (opens || this.#output.length < HIGH_WATER_BYTES)) {
      this.#writeHeaders(stream, fields, end);
    } else this.#window.enqueue(stream, { fields, end });
  }

  /**
   * Sends data in two parts, so that the caller need not join them.
   *
   * @param head The first part. It is copied before this returns.
   * @param body The second part. The caller must not change it afterwards.
   * @returns Whether all of it was written. If not, the stream's `onQueueSent` follows later.
   */
  data(stream: Stream, head: Uint8Array, body: Uint8Array, end: boolean): boolean {
    const size = head.length + body.length;
    const free = stream.queue === undefined && this.#output.length < HIGH_WATER_BYTES;
    if (free && size <= stream.sendWindow && size <= this.#window.available && size <= this.#peer.maxFrameSize) {
      this.#output.frame(size, FrameType.DATA, end ? Flag.END_STREAM : 0, stream.id);
      this.#output.bytes(head);
      this.#output.bytes(body);
      this.#sent(stream, size, end);
      return true;
    }
    this.#window.enqueue(stream, { head: head.slice(), body, sent: 0, end });
    if (free) this.#flush(stream, Infinity);
    return stream.queue === undefined;
  }

  /** Sends queued data, one quantum per stream in turn. */
  resume(): void {
    const { waiting } = this.#window;
    for (const stream of waiting) {
      if (this.#output.length >= HIGH_WATER_BYTES) return;
      // A stream with more data moves to the end: a Set keeps the order of insertion, and its iteration includes
      // entries that are added meanwhile. `delete` returns false if #flush has emptied the queue.
      if (this.#flush(stream, QUANTUM_BYTES) && waiting.delete(stream)) waiting.add(stream);
    }
  }

  /** Writes at most `quantum` octets of a stream's queue. Returns whether it wrote anything. */
  #flush(stream: Stream, quantum: number): boolean {
    const queue = stream.queue!;
    let wrote = false;
    for (let item = queue.first; item !== undefined; item = queue.first) {
      if (item.fields) this.#writeHeaders(stream, item.fields, item.end);
      else {
        // A window may be negative. An empty frame needs no window.
        const room = Math.max(Math.min(quantum, stream.sendWindow, this.#window.available, this.#peer.maxFrameSize), 0);
        const size = Math.min(unsent(item), room);
        if ((size === 0 && unsent(item) > 0) || this.#output.length >= HIGH_WATER_BYTES) return wrote;
        this.#writeData(stream, item, size);
        quantum -= size;
        if (unsent(item) > 0) {
          wrote = true;
          continue;
        }
      }
      wrote = true;
      queue.shift();
      if (stream.state === StreamState.Closed) break;
    }
    this.#window.dequeue(stream);
    stream.events?.onQueueSent();
    return true;
  }

  #writeData(stream: Stream, item: QueuedData, size: number): void {
    const { head, body, sent } = item;
    const end = item.end && size === unsent(item);
    this.#output.frame(size, FrameType.DATA, end ? Flag.END_STREAM : 0, stream.id);
    const ofHead = Math.min(size, Math.max(head.length - sent, 0));
    if (ofHead > 0) this.#output.bytes(head.subarray(sent, sent + ofHead));
    const from = sent + ofHead - head.length;
    if (size > ofHead) this.#output.bytes(body.subarray(from, from + size - ofHead));
    item.sent += size;
    this.#window.count(-size);
    this.#sent(stream, size, end);
  }

  #sent(stream: Stream, size: number, end: boolean): void {
    this.#window.frames++;
    this.#window.available -= size;
    stream.sendWindow -= size;
    if (end) this.#state.localEnded(stream);
  }

  #writeHeaders(stream: Stream, fields: FieldList, end: boolean): void {
    const output = this.#output;
    output.reserve(FRAME_HEADER_BYTES + this.#encoder.bound(fields));
    const start = output.length + FRAME_HEADER_BYTES;
    const size = this.#encoder.encode(fields, output.buf, start) - start;
    const flags = end ? Flag.END_STREAM : 0;
    this.#window.frames++;
    if (size <= this.#peer.maxFrameSize) {
      output.putHeader(output.length, size, FrameType.HEADERS, flags | Flag.END_HEADERS, stream.id);
      output.length = start + size;
    } else this.#writeBlock(stream.id, output.buf.slice(start, start + size), flags);
    if (end) this.#state.localEnded(stream);
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
