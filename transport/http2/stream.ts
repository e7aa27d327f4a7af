import type { Line } from "../../base/line.ts";
import type { ErrorCode } from "./error.ts";
import type { FieldList } from "./hpack/field_list.ts";

/** What waits on a stream for windows or room: fields, or the rest of some data. */
export type Queued =
  | { readonly fields: FieldList; readonly end: boolean }
  | {
    readonly fields?: undefined;
    readonly head: Uint8Array;
    readonly body: Uint8Array;
    sent: number;
    readonly end: boolean;
  };

/** The octets of messages that are held; several connections may share one. */
export interface Budget {
  /** What came and nobody has taken. */
  received: number;
  /** What waits to be sent. */
  queued: number;
}

/** What a stream tells the layer above. None of it may throw. */
export interface StreamEvents {
  /**
   * Fields came: of a response, or trailers.
   *
   * @param fields The fields; the same array comes again where the same block came again.
   * @param end Whether the peer sends no more.
   * @param exceeded Whether there were more fields than the limits allow: then some are missing.
   */
  onHeaders(fields: FieldList, end: boolean, exceeded: boolean): void;
  /**
   * Data came, in buf from start to end. It is to be copied at once, and counts as held until it is released.
   *
   * @param last Whether the peer sends no more.
   */
  onData(buf: Uint8Array, start: number, end: number, last: boolean): void;
  /**
   * The stream was reset, by the peer or because of what the peer did. It is closed then.
   *
   * @param code The code of RST_STREAM.
   * @param why A text for people; empty if the peer reset it.
   */
  onReset(code: ErrorCode, why: string): void;
  /**
   * The connection was lost, or the peer said by GOAWAY that it will not process the stream. It is closed then.
   *
   * @param why A text for people.
   * @param unprocessed Whether the peer has certainly done nothing for it: it may be tried again.
   */
  onLost(why: string, unprocessed: boolean): void;
  /** All that was queued has been sent. */
  onDrained(): void;
}

/** One stream of a connection (RFC 9113, section 5): what the connection knows of it. It does nothing by itself. */
export class Stream {
  /** Its identifier. */
  readonly id: number;
  /** Who is told of it. */
  events: StreamEvents | undefined;
  /** What may still be sent, in octets. Below zero if the peer made its window smaller (section 6.9.2). */
  sendWindow: number;
  /** What the peer may still send. */
  receiveWindow: number;
  /** What the peer may have sent and not be told of as consumed: the full size of its window. */
  windowTarget: number;
  /** What was consumed and is not yet given back to the peer's window. */
  credit = 0;
  /** What waits to be sent; undefined if nothing does. */
  queue: Line<Queued> | undefined;
  /** Whether this side has sent END_STREAM, or has it in the queue's last place. */
  ending = false;
  /** Whether END_STREAM was sent: half-closed (local). */
  localEnded = false;
  /** Whether the peer has sent END_STREAM: half-closed (remote). */
  remoteEnded = false;
  /** Whether the header section of the message that the peer sends has come. */
  headersReceived = false;
  /** Whether it is closed. */
  closed = false;
  /** When the peer has opened it, in milliseconds of 32 bits. */
  opened = 0;
  /** What content-length says, -1 without. */
  contentLength = -1;
  /** The octets of data that came. */
  received = 0;

  /**
   * Makes a stream.
   *
   * @param id Its identifier.
   * @param sendWindow What may be sent.
   * @param receiveWindow What the peer may send.
   */
  constructor(id: number, sendWindow: number, receiveWindow: number) {
    this.id = id;
    this.sendWindow = sendWindow;
    this.receiveWindow = this.windowTarget = receiveWindow;
  }
}

/**
 * The streams that were closed last: what comes for them late is no error, or another one than for a stream that never
 * was.
 */
export class ClosedStreams {
  // A negative entry was reset by this side: the peer may not know it yet.
  #ids: Int32Array;
  #next = 0;
  readonly #most: number;

  /**
   * Makes room for twice as many as may be open, within reason: it is searched from end to end.
   *
   * @param streams How many may be open at once.
   */
  constructor(streams: number) {
    this.#most = 2 ** Math.ceil(Math.log2(Math.min(Math.max(streams * 2, 2), 4096)));
    this.#ids = new Int32Array(Math.min(this.#most, 16));
  }

  /** Remembers a stream. */
  add(id: number, resetByUs: boolean): void {
    // A connection that has few calls keeps little.
    if (this.#next === this.#ids.length && this.#ids.length < this.#most) {
      const grown = new Int32Array(this.#ids.length * 2);
      grown.set(this.#ids);
      this.#ids = grown;
    }
    this.#ids[this.#next++ & this.#ids.length - 1] = resetByUs ? -id : id;
  }

  /** Whether a stream is remembered as closed in any way. */
  has(id: number): boolean {
    return this.#ids.includes(id) || this.#ids.includes(-id);
  }

  /** Whether a stream is remembered as reset by this side. */
  wasResetByUs(id: number): boolean {
    return this.#ids.includes(-id);
  }
}
