import { Flag, FrameType } from "./frame.ts";
import type { Output } from "./output.ts";

/** Why a PING is sent: the first octet of its payload, so that the answer tells. */
export enum PingPurpose {
  /** Measures a round trip for the windows. */
  Bandwidth = 1,
  /** Asks whether the peer is there. */
  Keepalive = 2,
  /** Marks what was on its way when a server began to stop. */
  Drain = 3,
  /** Asks a server that has been silent for a moment, though calls are in flight. */
  Silence = 4,
}

/** PING (RFC 9113, section 6.7). */
export class Pings {
  /** Called when the answer to a PING comes. */
  onPong: ((purpose: PingPurpose) => void) | undefined;
  readonly #output: Output;

  /**
   * @param output Where the frames go.
   */
  constructor(output: Output) {
    this.#output = output;
  }

  /** Sends a PING. */
  send(purpose: PingPurpose): void {
    this.#output.frame(8, FrameType.PING, 0, 0);
    this.#output.uint32(purpose << 24);
    this.#output.uint32(0);
  }

  /** Answers the peer's PING with its own payload. */
  answer(payload: Uint8Array): void {
    this.#output.frame(8, FrameType.PING, Flag.ACK, 0);
    this.#output.bytes(payload);
  }
}
