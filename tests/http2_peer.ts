/**
 * The other side of a {@linkcode Connection} under test, by hand: frames made octet by octet, and what it sends read
 * back as one line a frame. No sockets.
 *
 * @module
 */

import { DEFAULT_LIMITS } from "../transport/limit_fields.ts";
import { http2Limits } from "../transport/grpc/connection/http2_limits.ts";
import { Connection, type Http2Limits } from "../transport/http2/connection.ts";
import { ErrorCode } from "../transport/http2/protocol/error.ts";
import { Flag, FrameType, PREFACE } from "../transport/http2/protocol/frame.ts";
import { HpackDecoder } from "../transport/http2/hpack/decoder.ts";
import { HpackEncoder } from "../transport/http2/hpack/encoder.ts";
import type { FieldList } from "../transport/http2/hpack/field_list.ts";
import type { Budget } from "../transport/http2/state/budget.ts";
import type { Stream, StreamEvents } from "../transport/http2/state/stream.ts";

export const REQUEST: FieldList = [":method", "POST", ":scheme", "http", ":path", "/a.B/C", "te", "trailers"];
export const RESPONSE: FieldList = [":status", "200", "content-type", "application/grpc"];
export const TRAILERS: FieldList = ["grpc-status", "0"];

export const uint32 = (value: number) => [value >>> 24, value >>> 16 & 255, value >>> 8 & 255, value & 255];

export function concat(...parts: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(parts.flatMap((part) => [...part]));
}

/** Any frame. */
export function frame(type: number, flags: number, id: number, payload: ArrayLike<number> = []): Uint8Array {
  const { length } = payload;
  const octets = new Uint8Array(9 + length);
  octets.set([length >>> 16, length >>> 8, length, type, flags, ...uint32(id)]);
  octets.set(payload, 9);
  return octets;
}

export const settings = (...values: [number, number][]) =>
  frame(FrameType.SETTINGS, 0, 0, values.flatMap(([id, value]) => [id >> 8, id & 255, ...uint32(value)]));
export const settingsAck = () => frame(FrameType.SETTINGS, Flag.ACK, 0);
export const ping = (payload: number[] = [1, 2, 3, 4, 5, 6, 7, 8]) => frame(FrameType.PING, 0, 0, payload);
export const pong = (purpose: number) => frame(FrameType.PING, Flag.ACK, 0, [purpose, 0, 0, 0, 0, 0, 0, 0]);
export const rstStream = (id: number, code: ErrorCode = ErrorCode.CANCEL) =>
  frame(FrameType.RST_STREAM, 0, id, uint32(code));
export const windowUpdate = (id: number, octets: number) => frame(FrameType.WINDOW_UPDATE, 0, id, uint32(octets));
export const goAway = (last: number, code: ErrorCode, text = "") =>
  frame(FrameType.GOAWAY, 0, 0, [...uint32(last), ...uint32(code), ...new TextEncoder().encode(text)]);
export const data = (id: number, octets: number | ArrayLike<number>, end = false) =>
  frame(FrameType.DATA, end ? Flag.END_STREAM : 0, id, typeof octets === "number" ? new Uint8Array(octets) : octets);
export const paddedData = (id: number, octets: number, padding: number, end = false) =>
  frame(FrameType.DATA, Flag.PADDED | (end ? Flag.END_STREAM : 0), id, [
    padding,
    ...new Uint8Array(octets + padding),
  ]);

/** All frames in octets, as type, flags, stream and payload. */
export function* framesOf(octets: Uint8Array): Generator<[number, number, number, Uint8Array]> {
  for (let at = 0; at < octets.length;) {
    const length = octets[at]! << 16 | octets[at + 1]! << 8 | octets[at + 2]!;
    const end = at + 9 + length;
    if (end > octets.length) throw new Error(`a frame of ${length} octets is cut off`);
    const id = new DataView(octets.buffer, octets.byteOffset + at + 5).getUint32(0);
    yield [octets[at + 3]!, octets[at + 4]!, id, octets.subarray(at + 9, end)];
    at = end;
  }
}

const TYPES = Object.keys(FrameType);
const int = (payload: Uint8Array, at = 0) => new DataView(payload.buffer, payload.byteOffset + at).getUint32(0);
const hex = (payload: Uint8Array) => [...payload].map((octet) => octet.toString(16).padStart(2, "0")).join("");

/** A connection under test, a log of what it tells, and its peer's HPACK. */
export class Peer {
  readonly connection: Connection;
  /** The events of the connection since the log was last read: such as `open 1`, `data 1 5 end`, `reset 1 CANCEL`. */
  log: string[] = [];
  /** The streams that were opened, by identifier. */
  readonly streams = new Map<number, Stream>();
  /** The text behind the last reset, loss, GOAWAY or failure. */
  why = "";
  /** Whether what came is given back to the windows at once. */
  reads = true;
  readonly encoder = new HpackEncoder();
  readonly decoder = new HpackDecoder({ maxTableBytes: 4096, maxListBytes: 1e6, maxFields: 1e4 });
  #block: number[] = [];
  #blockEnd = false;

  constructor(
    role: "server" | "client",
    limits: Partial<Http2Limits> = {},
    budget: Budget = { received: 0, queued: 0 },
  ) {
    this.connection = new Connection(role, { ...http2Limits(DEFAULT_LIMITS, role), ...limits }, {
      onStream: (stream, _, end, exceeded) => {
        this.watch(stream);
        this.log.push(`open ${stream.id}${end ? " end" : ""}${exceeded ? " exceeded" : ""}`);
      },
      onClosed: () => {},
      onDrained: () => this.log.push("drained"),
      onGoAway: (code, why) => {
        this.why = why;
        this.log.push(`goaway ${ErrorCode[code] ?? code}`);
      },
      onFailed: (error) => {
        this.why = error.message;
        this.log.push(`failed ${ErrorCode[error.code]}`);
      },
    }, budget);
  }

  /** A server or client that has its peer's SETTINGS, and whose own were read. */
  static ready(role: "server" | "client", limits?: Partial<Http2Limits>, ...values: [number, number][]): Peer {
    const peer = new Peer(role, limits);
    if (role === "server") peer.give(PREFACE);
    peer.give(settings(...values));
    peer.sent();
    return peer;
  }

  /** Opens a stream as a client does, with a request. */
  open(end = false): Stream {
    const stream = this.connection.open()!;
    this.watch(stream);
    this.connection.sendHeaders(stream, REQUEST, end);
    return stream;
  }

  watch(stream: Stream): void {
    const { log } = { log: (line: string) => this.log.push(line) };
    const { id } = stream;
    this.streams.set(id, stream);
    stream.events = {
      onHeaders: (fields, end, exceeded) => {
        log(`headers ${id} ${fields.join(" ")}${end ? " end" : ""}${exceeded ? " exceeded" : ""}`);
      },
      onData: (_, start, stop, last) => {
        log(`data ${id} ${stop - start}${last ? " end" : ""}`);
        const { receiveWindow: window } = this.connection;
        if (!this.reads) return;
        window.release(stop - start);
        window.consume(stream, stop - start);
      },
      onReset: (code, why) => {
        this.why = why;
        log(`reset ${id} ${ErrorCode[code] ?? code}`);
      },
      onLost: (why, unprocessed) => {
        this.why = why;
        log(`lost ${id}${unprocessed ? " unprocessed" : ""}`);
      },
      onQueueSent: () => void log(`drained ${id}`),
    } satisfies StreamEvents;
  }

  /** Passes these octets to the connection, and returns the resulting events. */
  give(...octets: Uint8Array[]): string[] {
    const all = octets.length === 1 ? octets[0]! : concat(...octets);
    this.connection.receive(all, 0, all.length);
    return this.told();
  }

  /** Returns the events since the last call. */
  told(): string[] {
    return this.log.splice(0);
  }

  /** A header block in one frame. */
  headers(
    id: number,
    fields: FieldList,
    flags: number = Flag.END_HEADERS,
    before: number[] = [],
    after = 0,
  ): Uint8Array {
    return frame(FrameType.HEADERS, flags, id, [...before, ...this.block(fields), ...new Uint8Array(after)]);
  }

  /** A request in one HEADERS frame. */
  request(id: number, end = false, fields: FieldList = REQUEST): Uint8Array {
    return this.headers(id, fields, Flag.END_HEADERS | (end ? Flag.END_STREAM : 0));
  }

  block(fields: FieldList): Uint8Array {
    const buf = new Uint8Array(this.encoder.bound(fields));
    return buf.slice(0, this.encoder.encode(fields, buf, 0));
  }

  /** What the connection has sent since it was asked last, a line a frame. */
  sent(): string[] {
    const { output } = this.connection;
    const taken = output.take();
    let octets = taken.slice();
    output.giveBack(taken);
    if (!this.connection.server && hex(octets.subarray(0, PREFACE.length)) === hex(PREFACE)) {
      octets = octets.subarray(PREFACE.length);
    }
    return [...framesOf(octets)].map((one) => this.#line(...one)).filter((line) => line !== "");
  }

  #line(type: number, flags: number, id: number, payload: Uint8Array): string {
    const end = flags & Flag.END_STREAM ? " end" : "";
    switch (type) {
      case FrameType.DATA:
        return `DATA ${id} ${payload.length}${end}`;
      case FrameType.HEADERS:
      case FrameType.CONTINUATION: {
        if (type === FrameType.HEADERS) this.#blockEnd = end !== "";
        this.#block.push(...payload);
        if ((flags & Flag.END_HEADERS) === 0) return "";
        const block = new Uint8Array(this.#block.splice(0));
        const fields = this.decoder.decode(block, 0, block.length);
        return `HEADERS ${id} ${fields.join(" ")}${this.#blockEnd ? " end" : ""}`;
      }
      case FrameType.RST_STREAM:
        return `RST_STREAM ${id} ${ErrorCode[int(payload)]}`;
      case FrameType.GOAWAY:
        return `GOAWAY ${int(payload)} ${ErrorCode[int(payload, 4)]}`;
      case FrameType.WINDOW_UPDATE:
        return `WINDOW_UPDATE ${id} ${int(payload)}`;
      case FrameType.PING:
        return `PING${flags & Flag.ACK ? " ACK" : ""} ${hex(payload)}`;
      case FrameType.SETTINGS: {
        const values = Array.from(
          { length: payload.length / 6 },
          (_, i) => `${payload[6 * i + 1]}=${int(payload, 6 * i + 2)}`,
        );
        return ["SETTINGS", ...(flags & Flag.ACK ? ["ACK"] : []), ...values].join(" ");
      }
      default:
        return `${TYPES[type]} ${id}`;
    }
  }
}

/** Moves octets between a client and a server until neither has any; returns how many moved. */
export function exchange(client: Connection, server: Connection): number {
  let moved = 0;
  for (;;) {
    const before = moved;
    for (const [from, to] of [[client, server], [server, client]] as const) {
      const taken = from.output.take();
      const octets = taken.slice();
      if (taken.length > 0) from.output.giveBack(taken);
      if (to.receive(octets, 0, octets.length) !== octets.length) throw new Error("a frame is cut off");
      from.resume();
      moved += octets.length;
    }
    if (moved === before) return moved;
  }
}
