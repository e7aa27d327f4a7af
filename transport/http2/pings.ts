import type { Connection } from "./connection.ts";
import { Flag, FrameType } from "./frame.ts";

/**
 * PINGs that servers of gRPC allow a client after they have last sent HEADERS or DATA: those that follow may get it
 * sent away (gRPC A8).
 */
const MAX_UNEXCUSED_PINGS = 2;

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

/** The PINGs of one side (RFC 9113, section 6.7), of all purposes: the peer counts them together. */
export class Pings {
  /** Called when the answer to a PING comes. */
  onPong: ((purpose: PingPurpose) => void) | undefined;
  /** Whether {@linkcode Pings.ask} sends no PING, as the server has found them too many. */
  sparing = false;
  readonly #connection: Pick<Connection, "output" | "callFrames">;
  /** PINGs that the peer may have counted since it last sent HEADERS or DATA. */
  #counted = 0;
  /** The peer's HEADERS and DATA when they were counted. */
  #callFrames = 0;
  #unanswered = 0;

  /**
   * Makes the PINGs of a connection.
   *
   * @param connection Where the frames go, and which of the peer's frames excuse them.
   */
  constructor(connection: Pick<Connection, "output" | "callFrames">) {
    this.#connection = connection;
  }

  /** Whether no further PING is allowed before the peer sends HEADERS or DATA. */
  get spent(): boolean {
    this.#excuse();
    return this.#counted >= MAX_UNEXCUSED_PINGS;
  }

  /** Sends a PING. */
  send(purpose: PingPurpose): void {
    this.#excuse();
    this.#counted++;
    this.#unanswered++;
    const { output } = this.#connection;
    output.frame(8, FrameType.PING, 0, 0);
    output.uint32(purpose << 24);
    output.uint32(0);
  }

  /**
   * Asks a server for a sign of life: by PING while it allows one, else by empty SETTINGS. These have to be
   * acknowledged as well (RFC 9113, section 6.5.3), and servers of gRPC do not count them.
   */
  ask(): void {
    if (this.sparing || this.spent) this.#connection.output.frame(0, FrameType.SETTINGS, 0, 0);
    else this.send(PingPurpose.Silence);
  }

  /** Takes the answer to a PING. */
  answered(purpose: PingPurpose): void {
    this.#excuse();
    if (this.#unanswered > 0) this.#unanswered--;
    this.onPong?.(purpose);
  }

  /** Answers the peer's PING with its own payload. */
  answer(payload: Uint8Array): void {
    const { output } = this.#connection;
    output.frame(8, FrameType.PING, Flag.ACK, 0);
    output.bytes(payload);
  }

  /** HEADERS or DATA excuse the PINGs before them, but not those that the peer may read only after it has sent them. */
  #excuse(): void {
    const { callFrames } = this.#connection;
    if (callFrames === this.#callFrames) return;
    this.#callFrames = callFrames;
    this.#counted = this.#unanswered;
  }
}
