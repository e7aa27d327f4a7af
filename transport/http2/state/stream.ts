import type { Queue } from "../../../base/collections/queue.ts";
import type { ErrorCode } from "../protocol/error.ts";
import type { FieldList } from "../hpack/field_list.ts";

/** Queued data, of which a part may have been sent. */
export interface QueuedData {
  readonly fields?: undefined;
  readonly head: Uint8Array;
  readonly body: Uint8Array;
  /** How many octets of head and body were sent. */
  sent: number;
  readonly end: boolean;
}

/** A queued item of a stream, which waits for windows or room. */
export type Queued = { readonly fields: FieldList; readonly end: boolean } | QueuedData;

/** The events of a stream for the layer above. Handlers must not throw. */
export interface StreamEvents {
  /**
   * Fields arrived: those of a response, or trailers.
   *
   * @param fields The fields. The same block is always the same array.
   * @param end Whether the peer sends no more.
   * @param exceeded Whether the fields exceed a limit, so that some are missing.
   */
  onHeaders(fields: FieldList, end: boolean, exceeded: boolean): void;
  /**
   * Data arrived, in buf from start to end. The handler must copy it at once. It counts as held until it is released.
   *
   * @param last Whether the peer sends no more.
   */
  onData(buf: Uint8Array, start: number, end: number, last: boolean): void;
  /**
   * The stream was reset, by the peer or because of an error of the peer. It is closed.
   *
   * @param code The code of RST_STREAM.
   * @param why A text for people; empty if the peer reset the stream.
   */
  onReset(code: ErrorCode, why: string): void;
  /**
   * The connection was lost, or the peer's GOAWAY says that it will not process the stream. The stream is closed.
   *
   * @param why A text for people.
   * @param unprocessed Whether the peer has certainly not processed it, which makes a retry safe.
   */
  onLost(why: string, unprocessed: boolean): void;
  /** The queue is empty: everything was sent. */
  onQueueSent(): void;
}

/**
 * The life of a stream (RFC 9113, section 5.1). The two states of reserved streams are missing, because neither side
 * pushes. H is HEADERS, ES is END_STREAM, R is RST_STREAM or the loss of the connection.
 *
 * ```
 *                           +------+
 *                           | Idle |
 *                           +------+
 *                              | H sent by a client, H received by a server
 *                              v
 *                           +------+
 *           ES sent by us   | Open |   ES received from the peer
 *         .-----------------|      |-----------------.
 *         v                 +------+                 v
 *  +-----------------+         |            +------------------+
 *  | HalfClosedLocal |         | R          | HalfClosedRemote |
 *  +-----------------+         |            +------------------+
 *         |                    v                     |
 *         | ES received, R  +--------+    ES sent, R |
 *         `---------------->| Closed |<--------------'
 *                           +--------+
 * ```
 *
 * The order matters: from `HalfClosedRemote` on, the peer may send no more.
 */
export enum StreamState {
  /** A client has opened the stream, and has not sent its HEADERS. */
  Idle,
  /** Both sides may send. */
  Open,
  /** This side has sent END_STREAM. The peer may still send. */
  HalfClosedLocal,
  /** The peer has sent END_STREAM. This side may still send. */
  HalfClosedRemote,
  /** Nothing more is sent or received. */
  Closed,
}

/** One stream of a connection (RFC 9113, section 5). `ConnectionState` moves it from state to state. */
export class Stream {
  /** Its identifier. */
  readonly id: number;
  /** Receives the events. */
  events: StreamEvents | undefined;
  /** The octets that may still be sent. Negative if the peer has reduced its window (section 6.9.2). */
  sendWindow: number;
  /** The octets that the peer may still send. */
  receiveWindow: number;
  /** The full size of the peer's window: the octets that it may send before any of them is consumed. */
  windowTarget: number;
  /** The consumed octets that were not yet returned to the peer's window. */
  credit = 0;
  /** The queued items; undefined if there are none. */
  queue: Queue<Queued> | undefined;
  /** Where it is in its life. */
  state: StreamState = StreamState.Idle;
  /** Whether the header section of the peer's message has arrived. */
  headersReceived = false;
  /** When the peer opened the stream, in milliseconds truncated to 32 bits. */
  opened = 0;
  /** The value of content-length; -1 without one. */
  contentLength = -1;
  /** The octets of data that were received. */
  received = 0;

  /**
   * Creates a stream.
   *
   * @param id Its identifier.
   * @param sendWindow The octets that this side may send.
   * @param receiveWindow The octets that the peer may send.
   */
  constructor(id: number, sendWindow: number, receiveWindow: number) {
    this.id = id;
    this.sendWindow = sendWindow;
    this.receiveWindow = this.windowTarget = receiveWindow;
  }

  /**
   * Returns whether the received octets contradict content-length.
   *
   * @param last Whether no more follow.
   */
  hasWrongLength(last: boolean): boolean {
    const { contentLength, received } = this;
    return contentLength >= 0 && (last ? received !== contentLength : received > contentLength);
  }
}
