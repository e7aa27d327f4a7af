import type { Connection } from "./connection.ts";
import { ConnectionError, ErrorCode, protocol, sizeError } from "./error.ts";
import { Flag, readUint31 } from "./frame.ts";
import {
  malformedRequest,
  malformedResponse,
  malformedTrailers,
  withoutBadValues,
  withoutOuterBlanks,
} from "./header_rules.ts";
import { HpackDecoder } from "./hpack/decoder.ts";
import { HpackError } from "./hpack/error.ts";
import type { FieldList } from "./hpack/field_list.ts";
import { INITIAL_STREAM_WINDOW_BYTES } from "./receive_window.ts";
import { Stream } from "./stream.ts";

type Rule = (fields: FieldList) => string | undefined;

/** Reads HEADERS and CONTINUATION (RFC 9113, sections 6.2 and 6.10), and opens streams. */
export class HeaderReader {
  /** The stream with an incomplete header block; 0 if there is none. Only its CONTINUATION frames may follow. */
  expected = 0;
  readonly #connection: Connection;
  readonly #decoder: HpackDecoder;
  readonly #onError: (stream: Stream, code: ErrorCode, why: string) => void;
  #flags = 0;
  #parts: Uint8Array[] = [];
  /**
   * The last field list that was valid, its result, and the rule that checked it. The decoder returns the same array
   * for the same block, so the check can be skipped.
   */
  #right: FieldList | undefined;
  #rightRead: FieldList = [];
  #rightLength = -1;
  #rightBy: Rule | undefined;

  /**
   * Creates the reader of a connection.
   *
   * @param connection The connection.
   * @param onError Ends a stream because of an error of the peer.
   */
  constructor(connection: Connection, onError: (stream: Stream, code: ErrorCode, why: string) => void) {
    const { headerListBytes: maxListBytes, headerFields: maxFields } = connection.limits;
    this.#connection = connection;
    this.#decoder = new HpackDecoder({ maxTableBytes: 4096, maxListBytes, maxFields });
    this.#onError = onError;
  }

  /** Handles HEADERS. */
  headers(flags: number, id: number, buf: Uint8Array, start: number, end: number): void {
    if (id === 0) throw protocol("HEADERS on stream 0");
    if (flags & Flag.PADDED) {
      if (start === end) throw sizeError("HEADERS without their padding's length");
      end -= buf[start++]!;
    }
    if (start > end) throw protocol("padding as long as its frame");
    if (flags & Flag.PRIORITY) {
      if (end - start < 5) throw sizeError("HEADERS without their priority");
      if (readUint31(buf, start) === id) throw protocol("a stream that depends on itself");
      start += 5;
    }
    if (flags & Flag.END_HEADERS) return this.#block(flags, id, buf, start, end);
    this.expected = id;
    this.#flags = flags;
    this.#parts.push(buf.slice(start, end));
  }

  /** Handles CONTINUATION. */
  continuation(flags: number, id: number, buf: Uint8Array, start: number, end: number): void {
    if (this.expected === 0) throw protocol("CONTINUATION without HEADERS");
    const { headerBlockFrames } = this.#connection.limits;
    if (this.#parts.push(buf.slice(start, end)) > headerBlockFrames) {
      const text = `a header block of more than ${headerBlockFrames} frames (limits.headerBlockFrames)`;
      throw new ConnectionError(ErrorCode.ENHANCE_YOUR_CALM, text, "headerBlockFrames");
    }
    if ((flags & Flag.END_HEADERS) === 0) return;
    const block = join(this.#parts);
    this.#parts = [];
    this.expected = 0;
    this.#block(this.#flags, id, block, 0, block.length);
  }

  /**
   * Handles a complete header block. It is always decoded, even for a stream that is refused, to keep the dynamic table
   * correct.
   */
  #block(flags: number, id: number, buf: Uint8Array, start: number, end: number): void {
    let fields: FieldList;
    try {
      fields = this.#decoder.decode(buf, start, end);
    } catch (error) {
      if (!(error instanceof HpackError)) throw error;
      throw new ConnectionError(ErrorCode.COMPRESSION_ERROR, error.message);
    }
    const last = (flags & Flag.END_STREAM) !== 0;
    const { server, streams } = this.#connection;
    const stream = streams.get(id);
    if (stream === undefined) return server ? this.#open(id, fields, last) : this.#late(id);
    if (stream.remoteEnded) return this.#onError(stream, ErrorCode.STREAM_CLOSED, "HEADERS behind END_STREAM");
    if (server || stream.headersReceived) this.#trailers(stream, fields, last);
    else this.#response(stream, fields, last);
  }

  #open(id: number, block: FieldList, last: boolean): void {
    const connection = this.#connection;
    if ((id & 1) === 0) throw protocol("a client's stream with an even identifier");
    if (id <= connection.lastPeerStream) {
      if (connection.closed.wasResetByUs(id)) return;
      if (!connection.closed.has(id)) throw protocol("a stream identifier that is not above the last one");
      throw new ConnectionError(ErrorCode.STREAM_CLOSED, "HEADERS on a closed stream");
    }
    const stream = new Stream(id, connection.peer.initialWindowSize, INITIAL_STREAM_WINDOW_BYTES);
    stream.opened = connection.readAt;
    connection.lastPeerStream = id;
    connection.streams.add(stream);
    stream.headersReceived = true;
    // While the server stops, the peer may have sent this before it received the GOAWAY.
    if (id > connection.lastAllowed) return connection.reset(stream, ErrorCode.REFUSED_STREAM);
    const { concurrentStreams } = connection.limits;
    if (connection.streams.size > concurrentStreams) {
      connection.events.onLimit?.("concurrentStreams");
      return this.#onError(stream, ErrorCode.REFUSED_STREAM, "over limits.concurrentStreams");
    }
    const fields = this.#read(stream, block, malformedRequest);
    if (fields === undefined) return;
    if (last && !this.#remoteEnd(stream)) return;
    connection.events.onStream(stream, fields, last, this.#decoder.exceeded);
  }

  #response(stream: Stream, block: FieldList, last: boolean): void {
    const fields = this.#read(stream, block, malformedResponse);
    if (fields === undefined) return;
    // The status is missing if the limits removed all fields.
    const interim = fields[0] === ":status" && fields[1]![0] === "1";
    if (interim && last) {
      return this.#onError(stream, ErrorCode.PROTOCOL_ERROR, "an interim response that ends the stream");
    }
    if (interim) return;
    stream.headersReceived = true;
    if (last && !this.#remoteEnd(stream)) return;
    stream.events!.onHeaders(fields, last, this.#decoder.exceeded);
  }

  #trailers(stream: Stream, block: FieldList, last: boolean): void {
    if (!last) return this.#onError(stream, ErrorCode.PROTOCOL_ERROR, "trailers that do not end the stream");
    const fields = this.#read(stream, block, malformedTrailers);
    if (fields === undefined) return;
    if (!this.#remoteEnd(stream)) return;
    stream.events!.onHeaders(fields, last, this.#decoder.exceeded);
  }

  /** Handles a header block for a closed stream. A client may have cancelled it while the answer was on its way. */
  #late(id: number): void {
    if (!this.#connection.known(id)) throw protocol(`HEADERS on stream ${id}, which is idle`);
  }

  /** Handles the end of the peer's data. Returns false if the length differs from content-length. */
  #remoteEnd(stream: Stream): boolean {
    if (stream.contentLength >= 0 && stream.received !== stream.contentLength) {
      this.#onError(stream, ErrorCode.PROTOCOL_ERROR, "DATA of another length than content-length");
      return false;
    }
    stream.remoteEnded = true;
    if (stream.localEnded) this.#connection.close(stream, false);
    return true;
  }

  /**
   * Returns the fields of a block for the layer above. If they are malformed, ends their stream and returns undefined.
   * If the limits removed some fields, the check is skipped.
   */
  #read(stream: Stream, block: FieldList, malformed: Rule): FieldList | undefined {
    const { exceeded } = this.#decoder;
    if (block === this.#right && malformed === this.#rightBy && !exceeded) {
      stream.contentLength = this.#rightLength;
      return this.#rightRead;
    }
    const trimmed = withoutOuterBlanks(block);
    const fields = this.#connection.server ? trimmed : withoutBadValues(trimmed);
    if (exceeded) return fields;
    const why = malformed(fields) ?? readContentLength(stream, fields);
    if (why !== undefined) {
      this.#onError(stream, ErrorCode.PROTOCOL_ERROR, why);
      return undefined;
    }
    this.#right = block;
    this.#rightRead = fields;
    this.#rightBy = malformed;
    this.#rightLength = stream.contentLength;
    return fields;
  }
}

function readContentLength(stream: Stream, fields: FieldList): string | undefined {
  for (let i = 0; i < fields.length; i += 2) {
    if (fields[i] !== "content-length") continue;
    const value = fields[i + 1]!;
    if (!/^\d{1,15}$/.test(value)) return "a content-length that is no number";
    if (stream.contentLength >= 0 && stream.contentLength !== Number(value)) return "two values of content-length";
    stream.contentLength = Number(value);
  }
  return undefined;
}

function join(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
