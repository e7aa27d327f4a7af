import { RpcError } from "../../rpc/error.ts";
import { Status } from "../../rpc/status.ts";
import { decompress } from "./compression.ts";

/** The octets before each message: whether it is compressed, and its length. */
export const PREFIX = 5;
/** What is set aside at first for a message whose rest is on its way, in octets: a peer may announce what it never sends. */
const FIRST_ROOM = 16 * 1024;

interface Message {
  readonly compressed: boolean;
  readonly bytes: Uint8Array;
}

/**
 * Cuts a stream of DATA into length-prefixed messages, and keeps those that nobody has taken.
 *
 * @see https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md#requests
 */
export class MessageReader {
  /** The octets of the message that is not complete, prefix included. */
  partial = 0;
  /** Whether the message that was taken last came compressed. */
  compressed = false;
  readonly #limit: number;
  readonly #encoding: string | undefined;
  #messages: Message[] = [];
  #prefix: Uint8Array | undefined;
  #body: Uint8Array | undefined;
  #length = 0;

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

  /** Whether a message is complete and not taken. */
  get ready(): boolean {
    return this.#messages.length > 0;
  }

  /**
   * Takes DATA, which it copies.
   *
   * @throws {RpcError} If a message is too large, or compressed though no encoding was named.
   */
  push(buf: Uint8Array, at: number, end: number): void {
    while (at < end) {
      if (this.partial === 0 && end - at >= PREFIX) {
        const length = this.#readPrefix(buf, at);
        const start = at + PREFIX;
        if (end - start >= length) {
          this.#complete(buf[at]! === 1, buf.slice(start, start + length));
          at = start + length;
          continue;
        }
      }
      at = this.#fill(buf, at, end);
    }
  }

  /**
   * The next message.
   *
   * @throws {RpcError} If it can't be decompressed.
   */
  take(): Uint8Array {
    const { compressed, bytes } = this.#messages.shift()!;
    this.compressed = compressed;
    return compressed ? decompress(this.#encoding!, bytes, this.#limit) : bytes;
  }

  /** The octets that the next message took on the wire, but for its prefix. */
  get nextSize(): number {
    return this.#messages[0]!.bytes.length;
  }

  /** Lets go of everything. */
  clear(): void {
    this.#messages = [];
    this.#body = this.#prefix = undefined;
    this.partial = 0;
  }

  /** Adds to the message that is not complete. Returns how far it came. */
  #fill(buf: Uint8Array, at: number, end: number): number {
    if (this.partial < PREFIX) {
      const prefix = this.#prefix ??= new Uint8Array(PREFIX);
      while (at < end && this.partial < PREFIX) prefix[this.partial++] = buf[at++]!;
      if (this.partial < PREFIX) return at;
      this.#length = this.#readPrefix(prefix, 0);
      this.#body = new Uint8Array(Math.min(this.#length, Math.max(FIRST_ROOM, end - at)));
    }
    const have = this.partial - PREFIX;
    const octets = Math.min(end - at, this.#length - have);
    if (have + octets > this.#body!.length) this.#grow(have, have + octets);
    this.#body!.set(buf.subarray(at, at + octets), have);
    this.partial += octets;
    if (have + octets === this.#length) {
      this.partial = 0;
      this.#complete(this.#prefix![0] === 1, this.#body!);
      this.#body = undefined;
    }
    return at + octets;
  }

  #grow(have: number, needed: number): void {
    const grown = new Uint8Array(Math.min(this.#length, Math.max(needed, have * 2)));
    grown.set(this.#body!.subarray(0, have));
    this.#body = grown;
  }

  #readPrefix(buf: Uint8Array, at: number): number {
    const length = (buf[at + 1]! << 24 | buf[at + 2]! << 16 | buf[at + 3]! << 8 | buf[at + 4]!) >>> 0;
    const flag = buf[at]!;
    if (flag > 1) throw new RpcError(Status.INTERNAL, `a message with the flags ${flag}, which gRPC does not know`);
    if (flag === 1 && (this.#encoding === undefined || this.#encoding === "identity")) {
      throw new RpcError(Status.INTERNAL, "a compressed message, and no grpc-encoding says how");
    }
    if (length <= this.#limit) return length;
    const text = `a message has ${length} bytes, over the limit of ${this.#limit} (limits.receiveMessageBytes)`;
    throw new RpcError(Status.RESOURCE_EXHAUSTED, text);
  }

  #complete(compressed: boolean, bytes: Uint8Array): void {
    this.#messages.push({ compressed, bytes });
  }
}
