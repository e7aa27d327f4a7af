import { RpcError } from "../../rpc/error.ts";
import { Status } from "../../rpc/status.ts";
import { readUint32 } from "../http2/frame.ts";
import { decompress } from "./compression.ts";

/** The octets before each message: whether it is compressed, and its length. */
export const PREFIX = 5;

/**
 * Cuts a stream of DATA into length-prefixed messages, and keeps those that nobody has taken: as they came, in one buffer, as an object
 * for each would take a hundred times the octets of a small message.
 *
 * @see https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md#requests
 */
export class MessageReader {
  /** Whether the message that was taken last came compressed. */
  compressed = false;
  readonly #limit: number;
  readonly #encoding: string | undefined;
  /** The one message that is there, without its prefix, where it came whole and alone, as most do. */
  #whole: Uint8Array | undefined;
  #buf = NOTHING;
  /** Where in the buffer the next message begins, the first one that is not complete, and what is empty. */
  #next = 0;
  #open = 0;
  #end = 0;

  /**
   * Makes a reader.
   *
   * @param limit The largest message, in octets, before and after decompression.
   * @param encoding The peer's `grpc-encoding`, if it named one.
   */
  constructor(limit: number, encoding: string | undefined) {
    this.#limit = limit;
    this.#encoding = encoding;
  }

  /** The octets of the message that is not complete, prefix included. */
  get partial(): number {
    return this.#end - this.#open;
  }

  /** Whether a message is complete and not taken. */
  get ready(): boolean {
    return this.#whole !== undefined || this.#next < this.#open;
  }

  /** The octets that the next message took on the wire, but for its prefix. */
  get nextSize(): number {
    return this.#whole !== undefined ? this.#whole.length : lengthAt(this.#buf, this.#next);
  }

  /**
   * Takes DATA, which it copies.
   *
   * @throws {RpcError} If a message is too large, or compressed though no encoding was named.
   */
  push(buf: Uint8Array, start: number, end: number): void {
    if (this.#end === 0 && this.#whole === undefined && end - start >= PREFIX) {
      const length = lengthAt(buf, start);
      if (length === end - start - PREFIX) {
        this.compressed = this.#check(buf[start]!, length);
        this.#whole = buf.slice(start + PREFIX, end);
        return;
      }
    }
    if (this.#whole !== undefined) this.#unwrap(this.#whole);
    this.#append(buf, start, end);
    while (this.partial >= PREFIX) {
      const length = lengthAt(this.#buf, this.#open);
      this.#check(this.#buf[this.#open]!, length);
      const size = PREFIX + length;
      if (this.partial < size) return;
      this.#open += size;
    }
  }

  /**
   * The next message.
   *
   * @throws {RpcError} If it can't be decompressed.
   */
  take(): Uint8Array {
    if (this.#whole !== undefined) {
      const whole = this.#whole;
      this.#whole = undefined;
      return this.compressed ? decompress(this.#encoding!, whole, this.#limit) : whole;
    }
    const start = this.#next + PREFIX;
    const compressed = this.compressed = this.#buf[this.#next] === 1;
    this.#next = start + this.nextSize;
    // Nothing is ever written over what was taken: the buffer is only added to, or left for a larger one.
    const bytes = this.#buf.subarray(start, this.#next);
    if (this.#next === this.#end) this.clear();
    return compressed ? decompress(this.#encoding!, bytes, this.#limit) : bytes;
  }

  /** Lets go of everything. */
  clear(): void {
    this.#whole = undefined;
    this.#buf = NOTHING;
    this.#next = this.#open = this.#end = 0;
  }

  #append(buf: Uint8Array, start: number, end: number): void {
    const octets = end - start;
    if (this.#end + octets > this.#buf.length) this.#grow(octets);
    this.#buf.set(start === 0 && end === buf.length ? buf : buf.subarray(start, end), this.#end);
    this.#end += octets;
  }

  /** Makes room: twice as much as there is, but no more than the message needs that is not complete. What was only announced gets none. */
  #grow(octets: number): void {
    const kept = this.#end - this.#next;
    const whole = this.partial < PREFIX ? Infinity : this.#open - this.#next + PREFIX + lengthAt(this.#buf, this.#open);
    const grown = new Uint8Array(Math.max(kept + octets, Math.min(kept * 2, whole)));
    grown.set(this.#buf.subarray(this.#next, this.#end));
    this.#buf = grown;
    this.#open -= this.#next;
    this.#end = kept;
    this.#next = 0;
  }

  /** Puts the message that came whole where the others stand that follow before it is taken. */
  #unwrap(whole: Uint8Array): void {
    this.#whole = undefined;
    const prefix = new Uint8Array(PREFIX);
    prefix[0] = this.compressed ? 1 : 0;
    new DataView(prefix.buffer).setUint32(1, whole.length);
    this.#append(prefix, 0, PREFIX);
    this.#append(whole, 0, whole.length);
    this.#open = this.#end;
  }

  /** Whether a message is compressed, if it may be taken. */
  #check(flag: number, length: number): boolean {
    if (flag > 1) throw new RpcError(Status.INTERNAL, `a message with the flags ${flag}, which gRPC does not know`);
    if (flag === 1 && (this.#encoding === undefined || this.#encoding === "identity")) {
      throw new RpcError(Status.INTERNAL, "a compressed message, and no grpc-encoding says how");
    }
    if (length <= this.#limit) return flag === 1;
    const text = `a message has ${length} bytes, over the limit of ${this.#limit} (limits.receiveMessageBytes)`;
    throw new RpcError(Status.RESOURCE_EXHAUSTED, text);
  }
}

const NOTHING = new Uint8Array(0);

/** The length that stands in the prefix at `at`. */
function lengthAt(buf: Uint8Array, at: number): number {
  return readUint32(buf, at + 1);
}
