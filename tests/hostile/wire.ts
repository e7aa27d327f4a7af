/**
 * HTTP/2 by hand, for both sides: it writes any frame, right or wrong, and keeps what the peer says. It knows no rules.
 *
 * @module
 */

import { readFields } from "./fields.ts";

/** Frame types. */
export const DATA = 0, HEADERS = 1, PRIORITY = 2, RST_STREAM = 3, SETTINGS = 4;
export const PUSH_PROMISE = 5, PING = 6, GOAWAY = 7, WINDOW_UPDATE = 8, CONTINUATION = 9;
/** Flags. */
export const END_STREAM = 1, ACK = 1, END_HEADERS = 4;
/** Error codes. */
export const NO_ERROR = 0,
  PROTOCOL_ERROR = 1,
  FRAME_SIZE_ERROR = 6,
  REFUSED_STREAM = 7,
  CANCEL = 8,
  ENHANCE_YOUR_CALM = 11;

/** What a client says first. */
export const PREFACE: Uint8Array<ArrayBuffer> = new TextEncoder().encode("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");

/** A field of a header block, in the order and case in which it goes out. */
export type Field = readonly [name: string, value: string];

/** One frame. */
export function frame(type: number, flags: number, stream: number, payload: Uint8Array = new Uint8Array()): Uint8Array {
  const bytes = new Uint8Array(9 + payload.length);
  bytes.set([payload.length >> 16, payload.length >> 8, payload.length, type, flags]);
  new DataView(bytes.buffer).setUint32(5, stream);
  bytes.set(payload, 9);
  return bytes;
}

/** Bytes one after another. */
export function join(...parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

/** The same bytes many times. */
export function repeat(bytes: Uint8Array, times: number): Uint8Array {
  const all = new Uint8Array(bytes.length * times);
  for (let i = 0; i < times; i++) all.set(bytes, i * bytes.length);
  return all;
}

/** 32 bits. */
export function uint32(...values: number[]): Uint8Array {
  const bytes = new Uint8Array(4 * values.length);
  const view = new DataView(bytes.buffer);
  values.forEach((value, i) => view.setUint32(4 * i, value));
  return bytes;
}

/** A SETTINGS frame of `id: value`. */
export function settings(values: Readonly<Record<number, number>> = {}): Uint8Array {
  const entries = Object.entries(values).map(([id, value]) => join(new Uint8Array([0, Number(id)]), uint32(value)));
  return frame(SETTINGS, 0, 0, join(...entries));
}

/** A header block without compression: literal fields with new names that no table keeps. */
export function block(fields: Iterable<Field>): Uint8Array {
  const parts: Uint8Array[] = [];
  const text = (value: string) => {
    const bytes = new TextEncoder().encode(value);
    parts.push(prefixed(7, bytes.length), bytes);
  };
  for (const [name, value] of fields) {
    parts.push(new Uint8Array([0]));
    text(name);
    text(value);
  }
  return join(...parts);
}

/** An integer of RFC 7541, section 5.1, with the bits before it in `first`. */
export function prefixed(bits: number, value: number, first = 0): Uint8Array {
  const most = (1 << bits) - 1;
  if (value < most) return new Uint8Array([first | value]);
  const bytes = [first | most];
  for (value -= most; value >= 128; value = Math.floor(value / 128)) bytes.push(128 | value & 127);
  return new Uint8Array([...bytes, value]);
}

/** A message of gRPC: flag, length, bytes. */
export function message(bytes: Uint8Array, { flag = 0, length = bytes.length } = {}): Uint8Array {
  return join(new Uint8Array([flag]), uint32(length), bytes);
}

/** A frame that came. */
export interface Frame {
  readonly type: number;
  readonly flags: number;
  readonly stream: number;
  readonly payload: Uint8Array;
}

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

/** A request's header fields; those of `changes` over them, without those that are undefined. */
export function request(path: string, changes: Readonly<Record<string, string | undefined>> = {}): Field[] {
  const all: Record<string, string | undefined> = {
    ":method": "POST",
    ":scheme": "http",
    ":path": path,
    ":authority": "x",
    "content-type": "application/grpc",
    te: "trailers",
    ...changes,
  };
  return Object.entries(all).filter((entry): entry is [string, string] => entry[1] !== undefined);
}

/** A HEADERS frame. */
export function headers(stream: number, fields: Iterable<Field>, flags = END_HEADERS): Uint8Array {
  return frame(HEADERS, flags, stream, block(fields));
}

/** DATA with one message, which ends the stream unless told. */
export function data(stream: number, bytes: Uint8Array, flags = END_STREAM): Uint8Array {
  return frame(DATA, flags, stream, bytes);
}
