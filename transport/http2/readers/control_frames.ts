import { ConnectionError, ErrorCode, protocol, sizeError, windowTooLarge } from "../protocol/error.ts";
import { Flag, FrameType, readUint31, readUint32 } from "../protocol/frame.ts";
import { readSettings } from "../protocol/settings.ts";
import type { Sender } from "../sender.ts";
import type { ConnectionState } from "../state/connection_state.ts";
import { PingPurpose } from "../state/pings.ts";
import type { TokenBucket } from "./token_bucket.ts";

/** How many PINGs in a row may come too early. The next one ends the connection. */
const MAX_PING_STRIKES = 2;

/** Handles SETTINGS, PING, GOAWAY and PRIORITY. */
export class ControlFrames {
  readonly #state: ConnectionState;
  readonly #sender: Sender;
  readonly #bucket: TokenBucket;
  #lastPing = 0;
  #strikes = 0;
  /**
   * How many frames of calls were sent at the time of the last PING. A frame of a call since then permits the next
   * PING.
   */
  #sentAtPing = -1;

  /**
   * Creates the handler of a connection.
   *
   * @param state The state of the connection.
   * @param sender Sends what waited, once the peer's settings permit it.
   * @param bucket Limits the number of frames.
   */
  constructor(state: ConnectionState, sender: Sender, bucket: TokenBucket) {
    this.#state = state;
    this.#sender = sender;
    this.#bucket = bucket;
  }

  /** Handles SETTINGS (section 6.5). */
  settings(flags: number, id: number, buf: Uint8Array, start: number, end: number): void {
    const { peer, encoder, streams, sendWindow, output, server } = this.#state;
    if (id !== 0) throw protocol("SETTINGS on a stream");
    if (flags & Flag.ACK) {
      if (end > start) throw sizeError("an acknowledgement of SETTINGS with a payload");
      return this.#bucket.spend("acknowledgements of SETTINGS");
    }
    if ((end - start) % 6 !== 0) throw sizeError("SETTINGS of a wrong size");
    if (this.#state.established) this.#bucket.spend("SETTINGS frames");
    // If the peer sets no limit, there is none.
    else peer.maxConcurrentStreams = Infinity;
    this.#state.established = true;
    const before = peer.initialWindowSize;
    // If there are several sizes, the lowest one counts too (RFC 7541, section 4.2).
    encoder.setPeerTableBytes(readSettings(peer, buf, start, end, server));
    encoder.setPeerTableBytes(peer.headerTableSize);
    const change = peer.initialWindowSize - before;
    if (change !== 0) {
      for (const stream of streams.values()) if (!sendWindow.open(stream, change)) throw windowTooLarge();
    }
    output.frame(0, FrameType.SETTINGS, Flag.ACK, 0);
    this.#sender.resume();
  }

  /** Handles PING (section 6.7). A PING that comes too early counts as a strike, as in gRPC (A8). */
  ping(flags: number, id: number, buf: Uint8Array, start: number, end: number): void {
    if (id !== 0) throw protocol("PING on a stream");
    if (end - start !== 8) throw sizeError("a PING of a wrong size");
    const { pings, sendWindow, server, limits } = this.#state;
    this.#bucket.spend("PING frames");
    if (flags & Flag.ACK) return this.#pong(buf[start]!);
    pings.answer(buf.subarray(start, end));
    if (!server) return;
    const now = performance.now();
    const excused = sendWindow.frames !== this.#sentAtPing || now - this.#lastPing >= limits.pingInterval;
    this.#strikes = excused ? 0 : this.#strikes + 1;
    this.#lastPing = now;
    this.#sentAtPing = sendWindow.frames;
    if (this.#strikes <= MAX_PING_STRIKES) return;
    // gRPC clients look for this text, and then ping less often.
    throw new ConnectionError(ErrorCode.ENHANCE_YOUR_CALM, "too_many_pings", "pingInterval");
  }

  #pong(purpose: PingPurpose): void {
    const { receiveWindow, pings, drain } = this.#state;
    pings.answered();
    if (purpose === PingPurpose.Bandwidth) receiveWindow.sampled();
    if (purpose === PingPurpose.Drain && drain.begun) this.#state.refuseStreams();
  }

  /** Handles GOAWAY (section 6.8). */
  goAway(id: number, buf: Uint8Array, start: number, end: number): void {
    if (id !== 0) throw protocol("GOAWAY on a stream");
    if (end - start < 8) throw sizeError("a GOAWAY of a wrong size");
    this.#bucket.spend("GOAWAY frames");
    const last = readUint31(buf, start);
    const code: ErrorCode = readUint32(buf, start + 4);
    const text = new TextDecoder().decode(buf.subarray(start + 8, Math.min(end, start + 208)));
    const { server, streams, events } = this.#state;
    if (!server) {
      this.#state.accepting = false;
      for (const stream of streams.values()) {
        if (stream.id > last) this.#state.lost(stream, goAwayText(code, text), true);
      }
    }
    events.onGoAway(code, goAwayText(code, text), text);
  }

  /** Handles PRIORITY (section 6.3), which is validated and ignored. */
  priority(id: number, buf: Uint8Array, start: number, end: number): void {
    if (id === 0) throw protocol("PRIORITY on stream 0");
    if (end - start !== 5) throw sizeError("a PRIORITY of a wrong size");
    if (readUint31(buf, start) === id) throw protocol("a stream that depends on itself");
    this.#bucket.spend("PRIORITY frames");
  }
}

function goAwayText(code: ErrorCode, text: string): string {
  const name = ErrorCode[code] ?? `code ${code}`;
  return `the peer is going away: ${name}${text && ` ${JSON.stringify(text)}`}`;
}
