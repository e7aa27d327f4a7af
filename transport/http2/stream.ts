import type { Queue } from "../../base/queue.ts";
import type { ErrorCode } from "./error.ts";
import type { FieldList } from "./hpack/field_list.ts";

/** A queued item of a stream, which waits for windows or room: fields, or the rest of some data. */
export type Queued =
  | { readonly fields: FieldList; readonly end: boolean }
  | {
    readonly fields?: undefined;
    readonly head: Uint8Array;
    readonly body: Uint8Array;
    sent: number;
    readonly end: boolean;
  };

/** Counts the octets of messages that are held. Several connections may share one budget. */
export interface Budget {
  /** Received octets that nobody has read. */
  received: number;
  /** Octets that wait to be sent. */
  queued: number;
}

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
  onDrained(): void;
}

/** The state of one stream of a connection (RFC 9113, section 5). The connection updates it. */
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
  /** Whether this side has sent END_STREAM, or has queued it. */
  ending = false;
  /** Whether this side has sent END_STREAM: half-closed (local). */
  localEnded = false;
  /** Whether the peer has sent END_STREAM: half-closed (remote). */
  remoteEnded = false;
  /** Whether the header section of the peer's message has arrived. */
  headersReceived = false;
  /** Whether it is closed. */
  closed = false;
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
}

/**
 * Remembers the streams that were closed most recently. A late frame for one of them is no error, or another error than
 * for a stream that never existed.
 */
export class ClosedStreams {
  // The identifiers. A negative one was reset by this side, which the peer may not know yet.
  #ids: Int32Array;
  #next = 0;
  readonly #most: number;

  /**
   * Creates the list, for twice as many streams as may be open, up to a maximum: a lookup searches the whole list.
   *
   * @param streams How many streams may be open at once.
   */
  constructor(streams: number) {
    this.#most = 2 ** Math.ceil(Math.log2(Math.min(Math.max(streams * 2, 2), 4096)));
    this.#ids = new Int32Array(Math.min(this.#most, 16));
  }

  /** Remembers a stream. */
  add(id: number, resetByUs: boolean): void {
    // The list grows on demand, as most connections have few calls.
    if (this.#next === this.#ids.length && this.#ids.length < this.#most) {
      const grown = new Int32Array(this.#ids.length * 2);
      grown.set(this.#ids);
      this.#ids = grown;
    }
    this.#ids[this.#next++ & this.#ids.length - 1] = resetByUs ? -id : id;
  }

  /** Returns whether a stream is remembered as closed. */
  has(id: number): boolean {
    return this.#ids.includes(id) || this.#ids.includes(-id);
  }

  /** Returns whether a stream is remembered as reset by this side. */
  wasResetByUs(id: number): boolean {
    return this.#ids.includes(-id);
  }
}
