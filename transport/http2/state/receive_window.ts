import { ConnectionError, ErrorCode } from "../protocol/error.ts";
import { FrameType } from "../protocol/frame.ts";
import type { Output } from "./output.ts";
import { DEFAULT_WINDOW_BYTES, MAX_WINDOW_BYTES } from "../protocol/settings.ts";
import type { Budget } from "./budget.ts";
import { type Stream, StreamState } from "./stream.ts";

/** The initial window of streams, in octets, as announced in SETTINGS. */
export const INITIAL_STREAM_WINDOW_BYTES = 256 * 1024;
/** The maximum window of streams, in octets. */
const MAX_STREAM_WINDOW_BYTES = 4 * 1024 * 1024;

/**
 * The receiving side of flow control (RFC 9113, section 5.2). The connection's window limits the octets that all
 * streams hold together, and opens as the application reads them. A stream's window opens as its own data is read. So a
 * slow reader stops the writer, and memory stays limited.
 *
 * The windows of streams grow with the bandwidth-delay product. A PING measures how much arrives in one round trip. If
 * that is close to the window, the window is doubled. Windows grow only into the part of the connection's window that
 * exceeds the initial windows of all streams that may be open. So streams that nobody reads can't fill it, and can't
 * block others.
 */
export class ReceiveWindow {
  /** The octets that the peer may still send on the connection. */
  available: number = DEFAULT_WINDOW_BYTES;
  /** The octets that were received but not released. */
  held = 0;
  readonly #output: Output;
  readonly #target: number;
  readonly #budget: Budget;
  #credit = 0;
  /** The octets by which all streams' windows together may still grow. */
  #spare: number;
  #streamTarget = INITIAL_STREAM_WINDOW_BYTES;
  #sampling = false;
  #ended = false;
  #sample = 0;

  /**
   * Creates the window of a connection.
   *
   * @param output Receives WINDOW_UPDATE frames.
   * @param target The maximum number of octets that may be held.
   * @param streams How many streams may be open.
   * @param budget Counts the octets that are held.
   */
  constructor(output: Output, target: number, streams: number, budget: Budget) {
    this.#output = output;
    this.#target = Math.min(Math.max(target, DEFAULT_WINDOW_BYTES), MAX_WINDOW_BYTES);
    this.#spare = Math.max(this.#target - streams * INITIAL_STREAM_WINDOW_BYTES, this.#target >>> 3);
    this.#budget = budget;
  }

  /** Opens the connection's window to its full size. SETTINGS can't change its initial size. */
  start(): void {
    if (this.#target > this.available) {
      this.#output.number(FrameType.WINDOW_UPDATE, 0, this.#target - this.available);
      this.available = this.#target;
    }
  }

  /**
   * Counts received data, padding included.
   *
   * @throws {ConnectionError} If the data exceeds the connection's window.
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

  /** Releases octets that were held, and opens the connection's window. */
  release(octets: number): void {
    if (this.#ended) return;
    this.held -= octets;
    this.#budget.received -= octets;
    this.#credit += octets;
    // The update is sent once it equals what the peer has left: the more is held, the more often it is sent, so that
    // the peer never stops.
    if (this.#credit === 0 || this.#credit < this.available) return;
    this.#output.number(FrameType.WINDOW_UPDATE, 0, this.#credit);
    this.available += this.#credit;
    this.#credit = 0;
  }

  /** Releases everything, as the connection is lost. Octets that the application still holds no longer count. */
  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#budget.received -= this.held;
    this.held = 0;
  }

  /** Opens a stream's window after its data was read, and wider if the windows of streams have grown. */
  consume(stream: Stream, octets: number): void {
    stream.credit += octets;
    if (stream.state >= StreamState.HalfClosedRemote || stream.credit < stream.windowTarget / 2) return;
    const more = Math.min(this.#streamTarget - stream.windowTarget, this.#spare);
    const increment = stream.credit + more;
    this.#output.number(FrameType.WINDOW_UPDATE, stream.id, increment);
    stream.receiveWindow += increment;
    stream.windowTarget += more;
    this.#spare -= more;
    stream.credit = 0;
  }

  /** Makes the growth of a closed stream's window available to other streams. */
  closed(stream: Stream): void {
    this.#spare += stream.windowTarget - INITIAL_STREAM_WINDOW_BYTES;
  }

  /** Returns whether a PING should be sent now, to measure a round trip. */
  wantsSample(): boolean {
    if (this.#sampling || this.#sample < this.#streamTarget / 2 || this.#streamTarget >= MAX_STREAM_WINDOW_BYTES) {
      return false;
    }
    this.#sampling = true;
    this.#sample = 0;
    return true;
  }

  /** Handles the answer to that PING. */
  sampled(): void {
    this.#sampling = false;
    if (this.#sample * 3 > this.#streamTarget * 2) {
      this.#streamTarget = Math.min(this.#streamTarget * 2, MAX_STREAM_WINDOW_BYTES);
    }
    this.#sample = 0;
  }
}
