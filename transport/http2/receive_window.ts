import { ConnectionError, ErrorCode } from "./error.ts";
import { FrameType } from "./frame.ts";
import type { Output } from "./output.ts";
import { DEFAULT_WINDOW_BYTES, MAX_WINDOW_BYTES } from "./settings.ts";
import type { Budget, Stream } from "./stream.ts";

/** The window that streams begin with, in octets: announced in SETTINGS. */
export const INITIAL_STREAM_WINDOW_BYTES = 256 * 1024;
/** The window that streams grow to at the most. */
const MAX_STREAM_WINDOW_BYTES = 4 * 1024 * 1024;

/**
 * The receiving side of flow control (RFC 9113, section 5.2). The connection's window is what may be held of all
 * streams together, and opens as the application takes what was held; a stream's window opens as its own data is taken.
 * So a slow reader stops the writer, and memory stays bounded.
 *
 * Streams' windows grow with the bandwidth-delay product: a PING measures what arrives in one round trip, and when that
 * comes near the window, the window is made twice as large. They grow only into what the connection's window has beyond
 * the first windows of all streams that may be open: so streams that nobody reads can't fill it, and hold up no other.
 */
export class ReceiveWindow {
  /** What the peer may still send on the connection. */
  available: number = DEFAULT_WINDOW_BYTES;
  /** What has come and was not released. */
  held = 0;
  readonly #output: Output;
  readonly #target: number;
  readonly #budget: Budget;
  #credit = 0;
  /** What streams' windows may still grow by, all together. */
  #spare: number;
  #streamTarget = INITIAL_STREAM_WINDOW_BYTES;
  #sampling = false;
  #ended = false;
  #sample = 0;

  /**
   * Makes the window of a connection.
   *
   * @param output Where WINDOW_UPDATE goes.
   * @param target What may be held at the most, in octets.
   * @param streams How many streams may be open.
   * @param budget Where what is held is counted.
   */
  constructor(output: Output, target: number, streams: number, budget: Budget) {
    this.#output = output;
    this.#target = Math.min(Math.max(target, DEFAULT_WINDOW_BYTES), MAX_WINDOW_BYTES);
    this.#spare = Math.max(this.#target - streams * INITIAL_STREAM_WINDOW_BYTES, this.#target >>> 3);
    this.#budget = budget;
  }

  /** Opens the connection's window to its full size; it begins smaller, whatever SETTINGS say. */
  start(): void {
    if (this.#target > this.available) {
      this.#output.number(FrameType.WINDOW_UPDATE, 0, this.#target - this.available);
      this.available = this.#target;
    }
  }

  /**
   * Takes note of data, padding included.
   *
   * @throws {ConnectionError} If the peer had no window for it.
   */
  receive(octets: number): void {
    this.available -= octets;
    if (this.available < 0) {
      throw new ConnectionError(ErrorCode.FLOW_CONTROL_ERROR, "DATA beyond the connection's window");
    }
    this.held += octets;
    this.#budget.received += octets;
    this.#sample += octets;
  }

  /** What was held is gone: the connection's window opens again. */
  release(octets: number): void {
    if (this.#ended) return;
    this.held -= octets;
    this.#budget.received -= octets;
    this.#credit += octets;
    // As soon as it is worth as much as what the peer has left: more often the more is held, so that it never stands
    // still.
    if (this.#credit === 0 || this.#credit < this.available) return;
    this.#output.number(FrameType.WINDOW_UPDATE, 0, this.#credit);
    this.available += this.#credit;
    this.#credit = 0;
  }

  /** The connection is lost: what it holds counts no more, whoever may have it still. */
  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#budget.received -= this.held;
    this.held = 0;
  }

  /** A stream's data was taken: its window opens again, and wider if the streams' window has grown. */
  consume(stream: Stream, octets: number): void {
    stream.credit += octets;
    if (stream.remoteEnded || stream.closed || stream.credit < stream.windowTarget / 2) return;
    const more = Math.min(this.#streamTarget - stream.windowTarget, this.#spare);
    const increment = stream.credit + more;
    this.#output.number(FrameType.WINDOW_UPDATE, stream.id, increment);
    stream.receiveWindow += increment;
    stream.windowTarget += more;
    this.#spare -= more;
    stream.credit = 0;
  }

  /** A stream was closed: what its window had grown by, others may grow by. */
  closed(stream: Stream): void {
    this.#spare += stream.windowTarget - INITIAL_STREAM_WINDOW_BYTES;
  }

  /** Whether a PING should be sent now to measure a round trip. */
  wantsSample(): boolean {
    if (this.#sampling || this.#sample < this.#streamTarget / 2 || this.#streamTarget >= MAX_STREAM_WINDOW_BYTES) {
      return false;
    }
    this.#sampling = true;
    this.#sample = 0;
    return true;
  }

  /** The PING came back. */
  sampled(): void {
    this.#sampling = false;
    if (this.#sample * 3 > this.#streamTarget * 2) {
      this.#streamTarget = Math.min(this.#streamTarget * 2, MAX_STREAM_WINDOW_BYTES);
    }
    this.#sample = 0;
  }
}
