import { ErrorCode } from "../protocol/error.ts";
import { FrameType } from "../protocol/frame.ts";
import type { ConnectionState } from "../state/connection_state.ts";
import type { Stream } from "../state/stream.ts";
import { TokenBucket } from "./token_bucket.ts";

/** What a peer does wrong, or too often. The readers of a connection share it. */
export class Faults {
  /** Limits frames that cost the peer little and carry nothing. */
  readonly controlBucket: TokenBucket;
  /** Limits streams that end early. */
  readonly resetBucket: TokenBucket;
  /** How many DATA frames with content or END_STREAM were received: each permits more frames without content. */
  usefulData = 0;
  readonly #state: ConnectionState;

  /**
   * Creates the count of a connection.
   *
   * @param state The state of the connection.
   */
  constructor(state: ConnectionState) {
    const { limits, sendWindow } = this.#state = state;
    const useful = () => this.usefulData + state.lastPeerStream / 2 + sendWindow.frames;
    this.controlBucket = new TokenBucket("controlFrames", limits.controlFrames, useful);
    this.resetBucket = new TokenBucket("resets", limits.resets, () => state.finished);
  }

  /** Ends a stream because of an error of the peer. Many such streams count like many resets by the peer. */
  streamError(stream: Stream, code: ErrorCode, why: string): void {
    this.#state.localReset(stream, code);
    stream.events?.onReset(code, why);
    if (this.#state.server) this.resetBucket.spend("streams in error");
  }

  /**
   * Handles DATA for a closed stream. It is an error only of a client, and only if the server has not reset the stream:
   * the peer may not know of a reset yet.
   */
  strayFrame(id: number): void {
    const { server, closedStreams, output } = this.#state;
    if (!server || closedStreams.wasResetByUs(id)) return;
    output.number(FrameType.RST_STREAM, id, ErrorCode.STREAM_CLOSED);
    this.resetBucket.spend("frames on closed streams");
  }
}
