import { Flag, FrameType } from "../protocol/frame.ts";
import type { Output } from "./output.ts";

/**
 * How many PINGs gRPC servers allow a client after they last sent HEADERS or DATA. Further PINGs may end the connection
 * (gRPC A8).
 */
const MAX_UNEXCUSED_PINGS = 2;

/** Why a PING is sent. It is the first octet of the payload, so that the answer identifies it. */
export enum PingPurpose {
  /** Measures a round trip, for the size of windows. */
  Bandwidth = 1,
  /** Checks whether the peer is alive. */
  Keepalive = 2,
  /** Marks which frames the client sent before a server began to drain. */
  Drain = 3,
  /** Checks a server that has been silent for a moment although calls are in flight. */
  Silence = 4,
}

/** The PINGs of one side for all purposes (RFC 9113, section 6.7), as the peer counts them together. */
export class Pings {
  /** Whether {@linkcode Pings.ask} sends no PING, because the server complained about too many. */
  sparing = false;
  /** How many HEADERS and DATA frames were received. Each of them permits more PINGs. */
  callFrames = 0;
  readonly #output: Output;
  /** How many PINGs the peer may have counted since it last sent HEADERS or DATA. */
  #counted = 0;
  /** The number of {@linkcode Pings.callFrames} at that time. */
  #countedFrames = 0;
  #unanswered = 0;

  /**
   * Creates the PINGs of a connection.
   *
   * @param output Receives the frames.
   */
  constructor(output: Output) {
    this.#output = output;
  }

  /** Whether no more PINGs are allowed until the peer sends HEADERS or DATA. */
  get spent(): boolean {
    this.#excuse();
    return this.#counted >= MAX_UNEXCUSED_PINGS;
  }

  /** Sends a PING. */
  send(purpose: PingPurpose): void {
    this.#excuse();
    this.#counted++;
    this.#unanswered++;
    this.#output.frame(8, FrameType.PING, 0, 0);
    this.#output.uint32(purpose << 24);
    this.#output.uint32(0);
  }

  /**
   * Asks a server for a sign of life: by PING while one is allowed, and otherwise by empty SETTINGS. SETTINGS must be
   * acknowledged too (RFC 9113, section 6.5.3), and gRPC servers do not count them.
   */
  ask(): void {
    if (this.sparing || this.spent) this.#output.frame(0, FrameType.SETTINGS, 0, 0);
    else this.send(PingPurpose.Silence);
  }

  /** Handles the answer to a PING. */
  answered(): void {
    this.#excuse();
    if (this.#unanswered > 0) this.#unanswered--;
  }

  /** Answers the peer's PING with its own payload. */
  answer(payload: Uint8Array): void {
    this.#output.frame(8, FrameType.PING, Flag.ACK, 0);
    this.#output.bytes(payload);
  }

  /**
   * Resets the count if HEADERS or DATA arrived. PINGs that the peer may have read only after it sent those still
   * count.
   */
  #excuse(): void {
    if (this.callFrames === this.#countedFrames) return;
    this.#countedFrames = this.callFrames;
    this.#counted = this.#unanswered;
  }
}
