/**
 * HTTP/2 by hand, for both sides: writes any frame, right or wrong, and keeps what the peer sends. It knows no rules.
 *
 * @module
 */

import { readFields } from "./fields.ts";
import { DATA, END_STREAM, type Frame, GOAWAY, join, PREFACE, RST_STREAM, settings } from "./frames.ts";

export * from "./frames.ts";

/** How a peer answered on one stream. */
export interface Answer {
  /** The fields of header and trailers, decoded. */
  readonly fields: ReadonlyMap<string, string>;
  /** The DATA. */
  readonly data: Uint8Array;
  /** The code of a RST_STREAM. */
  readonly reset?: number;
}

/** One end of a connection. */
export class Wire implements Disposable {
  /** What came, without DATA's payload where `thrifty`. */
  readonly frames: Frame[] = [];
  /** Resolves when the peer has closed. */
  readonly closed: Promise<void>;
  /** All the bytes that came before anything was a frame, and after: for peers that don't speak HTTP/2. */
  received = 0;
  #isClosed = false;
  #rest: Uint8Array = new Uint8Array();
  #changed = Promise.withResolvers<void>();
  #sends = 0;
  readonly #conn: Deno.Conn;

  /** @param reading Whether what the peer says is taken off the socket. */
  constructor(conn: Deno.Conn, { reading = true, preface = 0 } = {}) {
    this.#conn = conn;
    this.#skip = preface;
    this.closed = reading ? this.#read() : new Promise(() => {});
  }

  #skip: number;

  /** Connects as a client does; `hello` is said first. */
  static async connect(address: string, hello = join(PREFACE, settings()), options = {}): Promise<Wire> {
    const [hostname = "", port] = address.split(":");
    const conn = await Deno.connect({ hostname, port: Number(port) });
    const wire = new Wire(conn, options);
    await wire.send(hello);
    return wire;
  }

  /** Whether the peer has closed. */
  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Writes it all. False if the peer takes no more. */
  async send(...parts: readonly Uint8Array[]): Promise<boolean> {
    const bytes = join(...parts);
    // Writes that are taken at once would never let others in this process have their turn.
    if (++this.#sends % 16 === 0) await new Promise((done) => setTimeout(done));
    try {
      for (let at = 0; at < bytes.length;) at += await this.#conn.write(bytes.subarray(at));
      return true;
    } catch {
      return false;
    }
  }

  async #read(): Promise<void> {
    const buffer = new Uint8Array(65_536);
    for (;;) {
      const count = await this.#conn.read(buffer).catch(() => null);
      if (count === null) break;
      this.received += count;
      this.#rest = join(this.#rest, buffer.subarray(0, count));
      this.#take();
      this.#tell();
    }
    this.#isClosed = true;
    this.#tell();
  }

  #take(): void {
    const bytes = this.#rest;
    const view = new DataView(bytes.buffer);
    let at = Math.min(this.#skip, bytes.length);
    this.#skip -= at;
    while (bytes.length - at >= 9) {
      const length = view.getUint32(at) >>> 8;
      if (bytes.length - at < 9 + length) break;
      const payload = bytes.subarray(at + 9, at + 9 + length);
      this.frames.push({ type: bytes[at + 3]!, flags: bytes[at + 4]!, stream: view.getUint32(at + 5), payload });
      at += 9 + length;
    }
    this.#rest = bytes.slice(at);
  }

  /** What came and was no whole frame. */
  get rest(): Uint8Array {
    return this.#rest;
  }

  #tell(): void {
    const { resolve } = this.#changed;
    this.#changed = Promise.withResolvers();
    resolve();
  }

  /**
   * Waits for something to be true, looked at whenever something came.
   *
   * @throws {Error} If it is not within the time; the message says what came instead.
   */
  async until<T>(condition: (wire: this) => T | undefined | false, what: string, within = 10_000): Promise<T> {
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      this.#tell();
    }, within);
    try {
      for (;;) {
        const value = condition(this);
        if (value !== undefined && value !== false) return value;
        if (late || this.#isClosed) throw new Error(`${late ? "too late" : "closed"} without ${what}; ${this.story()}`);
        await this.#changed.promise;
      }
    } finally {
      clearTimeout(timer);
    }
  }

  /** What came, for errors: `"4:0 7:0"`. */
  story(): string {
    return `came: ${this.frames.slice(-20).map(({ type, stream }) => `${type}:${stream}`).join(" ")}`;
  }

  /** The GOAWAY with its code and text. */
  get goaway(): { last: number; code: number; text: string } | undefined {
    const found = this.frames.findLast(({ type }) => type === GOAWAY);
    if (!found) return undefined;
    const view = new DataView(found.payload.buffer, found.payload.byteOffset);
    return { last: view.getUint32(0), code: view.getUint32(4), text: new TextDecoder().decode(found.payload.slice(8)) };
  }

  /** Waits for the whole answer on a stream. */
  async answer(stream: number, within?: number): Promise<Answer> {
    const ours = () => this.frames.filter((one) => one.stream === stream);
    const ends = ({ type, flags }: Frame) => type === RST_STREAM || (type < 2 && (flags & END_STREAM) !== 0);
    await this.until(() => ours().some(ends), `an answer on stream ${stream}`, within);
    const fields = new Map(readFields(this.frames, stream));
    const data = join(...ours().filter(({ type }) => type === DATA).map(({ payload }) => payload));
    const reset = ours().find(({ type }) => type === RST_STREAM)?.payload;
    return { fields, data, reset: reset && new DataView(reset.buffer, reset.byteOffset).getUint32(0) };
  }

  /** Hangs up. */
  [Symbol.dispose](): void {
    try {
      this.#conn.close();
    } catch {
      // it was closed
    }
  }
}
