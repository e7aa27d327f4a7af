import { HpackDecoder } from "../hpack/decoder.ts";
import { HpackError } from "../hpack/error.ts";
import type { FieldList } from "../hpack/field_list.ts";
import { ConnectionError, ErrorCode, protocol, sizeError } from "../protocol/error.ts";
import { Flag, readUint31 } from "../protocol/frame.ts";
import type { ConnectionState } from "../state/connection_state.ts";
import { type Stream, StreamState } from "../state/stream.ts";
import type { Faults } from "./faults.ts";
import { FieldChecks } from "./field_checks.ts";
import { malformedRequest, malformedResponse, malformedTrailers } from "./header_rules.ts";

/** Reads HEADERS and CONTINUATION (RFC 9113, sections 6.2 and 6.10), and opens streams. */
export class HeaderReader {
  /** The stream with an incomplete header block; 0 if there is none. Only its CONTINUATION frames may follow. */
  expected = 0;
  readonly #state: ConnectionState;
  readonly #faults: Faults;
  readonly #decoder: HpackDecoder;
  /** Checks the fields that begin a message. */
  readonly #header: FieldChecks;
  readonly #trailer: FieldChecks;
  #flags = 0;
  #parts: Uint8Array[] = [];

  /**
   * Creates the reader of a connection.
   *
   * @param state The state of the connection.
   * @param faults Counts what the peer does wrong.
   */
  constructor(state: ConnectionState, faults: Faults) {
    const { headerListBytes: maxListBytes, headerFields: maxFields } = state.limits;
    this.#state = state;
    this.#faults = faults;
    this.#decoder = new HpackDecoder({ maxTableBytes: 4096, maxListBytes, maxFields });
    this.#header = new FieldChecks(state.server ? malformedRequest : malformedResponse, state.server, faults);
    this.#trailer = new FieldChecks(malformedTrailers, state.server, faults);
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
    const { headerBlockFrames } = this.#state.limits;
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
    const { server, streams } = this.#state;
    const stream = streams.get(id);
    if (stream === undefined) return server ? this.#open(id, fields, last) : this.#late(id);
    if (stream.state === StreamState.HalfClosedRemote) {
      return this.#faults.streamError(stream, ErrorCode.STREAM_CLOSED, "HEADERS behind END_STREAM");
    }
    if (server || stream.headersReceived) this.#trailers(stream, fields, last);
    else this.#response(stream, fields, last);
  }

  #open(id: number, block: FieldList, last: boolean): void {
    const state = this.#state;
    if ((id & 1) === 0) throw protocol("a client's stream with an even identifier");
    if (id <= state.lastPeerStream) return this.#opensAgain(id);
    const stream = state.remoteOpened(id);
    // While the server stops, the peer may have sent this before it received the GOAWAY.
    if (id > state.drain.lastAllowed) return state.localReset(stream, ErrorCode.REFUSED_STREAM);
    if (state.streams.size > state.limits.concurrentStreams) {
      state.events.onLimit?.("concurrentStreams");
      return this.#faults.streamError(stream, ErrorCode.REFUSED_STREAM, "over limits.concurrentStreams");
    }
    const fields = this.#header.validate(stream, block, this.#decoder.exceeded);
    if (fields === undefined) return;
    if (last && !this.#ends(stream)) return;
    state.events.onStream(stream, fields, last, this.#decoder.exceeded);
  }

  /** Handles HEADERS of a client for a stream that is closed, or that it has skipped. */
  #opensAgain(id: number): void {
    const { closedStreams } = this.#state;
    if (closedStreams.wasResetByUs(id)) return;
    if (!closedStreams.has(id)) throw protocol("a stream identifier that is not above the last one");
    throw new ConnectionError(ErrorCode.STREAM_CLOSED, "HEADERS on a closed stream");
  }

  #response(stream: Stream, block: FieldList, last: boolean): void {
    const fields = this.#header.validate(stream, block, this.#decoder.exceeded);
    if (fields === undefined) return;
    // The status is missing if the limits removed all fields.
    const interim = fields[0] === ":status" && fields[1]![0] === "1";
    if (interim && last) {
      return this.#faults.streamError(stream, ErrorCode.PROTOCOL_ERROR, "an interim response that ends the stream");
    }
    if (interim) return;
    stream.headersReceived = true;
    if (last && !this.#ends(stream)) return;
    stream.events!.onHeaders(fields, last, this.#decoder.exceeded);
  }

  #trailers(stream: Stream, block: FieldList, last: boolean): void {
    if (!last) return this.#faults.streamError(stream, ErrorCode.PROTOCOL_ERROR, "trailers that do not end the stream");
    const fields = this.#trailer.validate(stream, block, this.#decoder.exceeded);
    if (fields === undefined) return;
    if (!this.#ends(stream)) return;
    stream.events!.onHeaders(fields, last, this.#decoder.exceeded);
  }

  /** Handles a header block for a closed stream. A client may have cancelled it while the answer was on its way. */
  #late(id: number): void {
    if (!this.#state.wasOpened(id)) throw protocol(`HEADERS on stream ${id}, which is idle`);
  }

  /** Handles the end of the peer's data. Returns false if the length differs from content-length. */
  #ends(stream: Stream): boolean {
    if (stream.hasWrongLength(true)) {
      this.#faults.streamError(stream, ErrorCode.PROTOCOL_ERROR, "DATA of another length than content-length");
      return false;
    }
    this.#state.remoteEnded(stream);
    return true;
  }
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
