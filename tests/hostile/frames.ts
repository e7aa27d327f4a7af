/**
 * Frames of HTTP/2, written by hand: right ones and wrong ones.
 *
 * @module
 */

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
