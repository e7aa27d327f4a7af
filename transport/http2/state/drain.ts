import { ErrorCode } from "../protocol/error.ts";
import { FrameType, MAX_STREAM_ID } from "../protocol/frame.ts";
import type { Output } from "./output.ts";
import { PingPurpose, type Pings } from "./pings.ts";

const UTF8 = new TextEncoder();
/** The most characters of a text in GOAWAY. */
const MAX_TEXT_CHARACTERS = 200;

/**
 * The drain of a connection, and the GOAWAY frames of this side (RFC 9113, section 6.8). A server that drains a
 * connection sends two of them, so that no stream is lost:
 *
 * 1. GOAWAY with the largest identifier, and a PING. Streams that the client opens before it reads them are served.
 * 2. When the PING is answered, the client has read both. GOAWAY with the last stream that it opened follows, and later
 *    streams are refused. `grpc/connection/lifetime.ts` takes this step if the client does not answer the PING in time.
 */
export class Drain {
  /** The highest stream that the peer may open. */
  lastAllowed = MAX_STREAM_ID;
  /** Whether the second step was taken: later streams are refused. */
  refusing = false;
  readonly #output: Output;
  readonly #pings: Pings;
  #text: string | undefined;

  /**
   * Creates the state of a connection that is not drained yet.
   *
   * @param output Receives the frames.
   * @param pings Sends the PING between them.
   */
  constructor(output: Output, pings: Pings) {
    this.#output = output;
    this.#pings = pings;
  }

  /** Whether the first step of a drain has begun. */
  get begun(): boolean {
    return this.#text !== undefined;
  }

  /** Sends GOAWAY: the peer must open no stream above `last`. A later GOAWAY must not raise it. */
  sendGoAway(last: number, code: ErrorCode, text: string): void {
    const debug = UTF8.encode(text.slice(0, MAX_TEXT_CHARACTERS));
    this.lastAllowed = Math.min(this.lastAllowed, last);
    this.#output.frame(8 + debug.length, FrameType.GOAWAY, 0, 0);
    this.#output.uint32(this.lastAllowed);
    this.#output.uint32(code);
    this.#output.bytes(debug);
  }

  /** Takes the first step of a drain. */
  begin(text: string): void {
    this.#text = text;
    this.sendGoAway(MAX_STREAM_ID, ErrorCode.NO_ERROR, text);
    this.#pings.send(PingPurpose.Drain);
  }

  /** Takes the second step, also if there was no first one. `last` is the last stream that the peer has opened. */
  end(last: number): void {
    if (this.refusing) return;
    this.refusing = true;
    this.sendGoAway(last, ErrorCode.NO_ERROR, this.#text ?? "");
  }
}
