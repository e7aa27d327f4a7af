import type { RpcError } from "../../../rpc/error.ts";
import { decompress } from "./compression.ts";
import { isOneMessage, PREFIX_BYTES, prefixProblem } from "./message_prefix.ts";

/**
 * The smallest buffer for a message that arrives in pieces, in octets. The buffer doubles as octets arrive, as a peer
 * may announce a length that it never sends.
 */
const MIN_BUFFER_BYTES = 1024;

/** The most unused octets in a buffer. */
const MAX_SPARE_BYTES = 16 * 1024;

/** Some octets of the stream, and how many of them were read. */
interface Chunk {
  buf: Uint8Array;
  at: number;
  end: number;
}

/**
 * Splits a stream of DATA into length-prefixed messages. Messages that were not read yet are stored as raw octets: a
 * million empty messages cost no more than their five million octets.
 *
 * @see https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md#requests
 */
export class MessageReader {
  /** The octets of the incomplete message, including its prefix. */
  partial = 0;
  /** Whether the message that was read last arrived compressed. */
  compressed = false;
  readonly #limit: number;
  readonly #encoding: string | undefined;
  #chunks: Chunk[] = [];
  /** The only complete message, if it arrived in one piece, as most do. */
  #whole: Uint8Array | undefined;
  /** The prefix of the incomplete message, as far as received, or of `#whole`. */
  #flag = 0;
  #length = 0;
  /** How many complete messages were not read yet. */
  #ready = 0;
  /** Where the last complete message ends in the current DATA, and why the next one can't be read. */
  #sound = 0;
  #problem: RpcError | undefined;

  /**
   * Creates a reader.
   *
   * @param limit The largest message, in octets, before and after decompression.
   * @param encoding The peer's `grpc-encoding`, if it sent one.
   */
  constructor(limit: number, encoding: string | undefined) {
    this.#limit = limit;
    this.#encoding = encoding;
  }

  /** Whether a complete message was not read yet. */
  get ready(): boolean {
    return this.#ready > 0;
  }

  /**
   * Copies received DATA.
   *
   * @throws {RpcError} If a message is too large, or is compressed although the peer named no encoding. The messages
   * before it can be read. After the error, `push` must not be called again.
   */
  push(buf: Uint8Array, start: number, end: number): void {
    if (this.#ready === 0 && this.partial === 0 && isOneMessage(buf, start, end)) {
      this.#flag = buf[start]!;
      this.#length = end - start - PREFIX_BYTES;
      const problem = this.#check();
      if (problem) throw problem;
      this.#whole = buf.slice(start + PREFIX_BYTES, end);
      this.#ready = 1;
      return;
    }
    if (this.#whole !== undefined) this.#unwrap(this.#whole);
    this.#sound = start;
    this.#scan(buf, start, end);
    if (this.#problem === undefined) return this.#keep(buf, start, end);
    if (this.#sound > start) this.#keep(buf, start, this.#sound);
    throw this.#problem;
  }

  #keep(buf: Uint8Array, start: number, end: number): void {
    const last = this.#chunks.at(-1);
    const octets = end - start;
    if (last && last.end + octets <= last.buf.length) {
      last.buf.set(buf.subarray(start, end), last.end);
      last.end += octets;
    } else if (this.partial === 0 && last === undefined) {
      this.#chunks.push({ buf: buf.slice(start, end), at: 0, end: octets });
    } else this.#append(buf, start, end, last);
  }

  /** The octets of the next message on the wire, without its prefix. */
  get nextSize(): number {
    return (this.#whole === undefined ? this.#peekLength() : this.#whole.length);
  }

  /**
   * Returns the next message, which must be complete.
   *
   * @throws {RpcError} If the message can't be decompressed. It then still counts as not read, so the stream has not
   * ended cleanly.
   */
  take(): Uint8Array {
    const whole = this.#whole;
    if (whole !== undefined) {
      this.compressed = this.#flag === 1;
      const message = this.compressed ? decompress(this.#encoding!, whole, this.#limit) : whole;
      this.#whole = undefined;
      this.#ready = 0;
      return message;
    }
    const length = this.#peekLength();
    this.compressed = this.#octet(0) === 1;
    this.#skip(PREFIX_BYTES);
    const bytes = this.#cut(length);
    const message = this.compressed ? decompress(this.#encoding!, bytes, this.#limit) : bytes;
    this.#ready--;
    return message;
  }

  /** Discards all messages and releases their memory now: V8 collects buffers late, and rejected calls leave many. */
  clear(): void {
    // What was read may be a view of the first chunk.
    for (const { buf, at } of this.#chunks) if (at === 0) release(buf);
    if (this.#whole !== undefined) release(this.#whole);
    this.#chunks = [];
    this.#whole = undefined;
    this.#ready = this.partial = 0;
  }

  /** Moves the message that arrived in one piece back into the chunks, because others follow before it is read. */
  #unwrap(whole: Uint8Array): void {
    const buf = new Uint8Array(PREFIX_BYTES + whole.length);
    new DataView(buf.buffer).setUint32(1, whole.length);
    buf[0] = this.#flag;
    buf.set(whole, PREFIX_BYTES);
    this.#chunks.push({ buf, at: 0, end: buf.length });
    this.#whole = undefined;
  }

  /** Counts the messages that some octets complete, and checks their prefixes. */
  #scan(buf: Uint8Array, at: number, end: number): void {
    while (at < end) {
      while (this.partial < PREFIX_BYTES && at < end) {
        const octet = buf[at++]!;
        if (this.partial === 0) this.#flag = octet;
        else this.#length = (this.partial === 1 ? 0 : this.#length * 256) + octet;
        if (++this.partial === PREFIX_BYTES && (this.#problem = this.#check())) return;
      }
      if (this.partial < PREFIX_BYTES) return;
      const octets = Math.min(PREFIX_BYTES + this.#length - this.partial, end - at);
      this.partial += octets;
      at += octets;
      if (this.partial < PREFIX_BYTES + this.#length) return;
      this.partial = 0;
      this.#sound = at;
      this.#ready++;
    }
  }

  #check(): RpcError | undefined {
    return prefixProblem(this.#flag, this.#length, this.#encoding, this.#limit);
  }

  /**
   * Adds octets when the last chunk is full. They replace that chunk if it holds only the beginning of one message;
   * otherwise they follow it.
   */
  #append(buf: Uint8Array, start: number, end: number, last: Chunk | undefined): void {
    const octets = end - start;
    const grows = last !== undefined && this.#ready === 0 && this.#chunks.length === 1;
    const kept = grows ? last.end - last.at : 0;
    // One message in one chunk needs no copy when it is read. After other messages, small pieces share a chunk.
    const least = grows || last === undefined
      ? Math.min(Math.max(kept * 2, MIN_BUFFER_BYTES), this.partial === 0 ? 0 : PREFIX_BYTES + this.#length)
      : Math.min(last.buf.length * 2, MAX_SPARE_BYTES);
    const room = Math.max(kept + octets, least);
    const chunk = { buf: new Uint8Array(room), at: 0, end: kept + octets };
    if (grows) {
      chunk.buf.set(last.buf.subarray(last.at, last.end));
      this.#chunks.pop();
    }
    chunk.buf.set(buf.subarray(start, end), kept);
    this.#chunks.push(chunk);
  }

  #peekLength(): number {
    const [first] = this.#chunks;
    const { buf, at, end } = first!;
    if (end - at >= PREFIX_BYTES) {
      return (buf[at + 1]! << 24 | buf[at + 2]! << 16 | buf[at + 3]! << 8 | buf[at + 4]!) >>> 0;
    }
    return ((this.#octet(1) * 256 + this.#octet(2)) * 256 + this.#octet(3)) * 256 + this.#octet(4);
  }

  /** Returns one of the next octets. */
  #octet(index: number): number {
    for (const { buf, at, end } of this.#chunks) {
      if (index < end - at) return buf[at + index]!;
      index -= end - at;
    }
    return 0;
  }

  #skip(octets: number): void {
    while (octets > 0) {
      const chunk = this.#chunks[0]!;
      const some = Math.min(octets, chunk.end - chunk.at);
      chunk.at += some;
      octets -= some;
      if (chunk.at === chunk.end) this.#chunks.shift();
    }
  }

  /** Removes and returns the next octets. They are a view if they are in one chunk. */
  #cut(octets: number): Uint8Array {
    if (octets === 0) return new Uint8Array(0);
    const chunk = this.#chunks[0]!;
    if (octets <= chunk.end - chunk.at) {
      const view = chunk.buf.subarray(chunk.at, chunk.at + octets);
      this.#skip(octets);
      return view;
    }
    const joined = new Uint8Array(octets);
    for (let have = 0; have < octets;) {
      const { buf, at, end } = this.#chunks[0]!;
      const some = Math.min(octets - have, end - at);
      joined.set(buf.subarray(at, at + some), have);
      this.#skip(some);
      have += some;
    }
    return joined;
  }
}

/** Releases the memory of a buffer that nobody uses any more. */
function release(buf: Uint8Array): void {
  if (buf.byteLength >= MIN_BUFFER_BYTES) (buf.buffer as ArrayBuffer).transfer(0);
}
