import { Queue } from "../../../base/collections/queue.ts";
import { DEFAULT_WINDOW_BYTES, MAX_WINDOW_BYTES } from "../protocol/settings.ts";
import type { Budget } from "./budget.ts";
import type { Queued, QueuedData, Stream } from "./stream.ts";

/**
 * The sending side of flow control (RFC 9113, section 5.2): the connection's window, and the streams whose data waits
 * for a window or for room in the output.
 */
export class SendWindow {
  /** The octets that may still be sent on the connection. */
  available: number = DEFAULT_WINDOW_BYTES;
  /** How many HEADERS and DATA frames were written. */
  frames = 0;
  /** The octets of data in the queues of all streams. */
  queued = 0;
  /** The streams with a queue, in the order of their turns. */
  readonly waiting: Set<Stream> = new Set();
  readonly #budget: Budget;

  /**
   * Creates the window of a connection.
   *
   * @param budget Counts the octets in the queues of streams.
   */
  constructor(budget: Budget) {
    this.#budget = budget;
  }

  /**
   * Opens the window of the connection or of a stream. Returns false if it becomes larger than allowed (section 6.9.1).
   */
  open(stream: Stream | undefined, octets: number): boolean {
    if ((stream === undefined ? this.available : stream.sendWindow) + octets > MAX_WINDOW_BYTES) return false;
    if (stream === undefined) this.available += octets;
    else stream.sendWindow += octets;
    return true;
  }

  /** Queues an item on a stream. */
  enqueue(stream: Stream, item: Queued): void {
    if (item.fields === undefined) this.count(unsent(item));
    (stream.queue ??= new Queue()).push(item);
    this.waiting.add(stream);
  }

  /** Counts octets that were added to a queue. A negative number subtracts. */
  count(octets: number): void {
    this.queued += octets;
    this.#budget.queued += octets;
  }

  /** Discards the queue of a stream that was closed. */
  discard(stream: Stream): void {
    for (const item of stream.queue ?? []) if (item.fields === undefined) this.count(-unsent(item));
    this.dequeue(stream);
  }

  /** Removes the queue of a stream, which is empty. */
  dequeue(stream: Stream): void {
    stream.queue = undefined;
    this.waiting.delete(stream);
  }
}

/** Returns how many octets of a queued item are still to be sent. */
export const unsent = ({ head, body, sent }: QueuedData): number => head.length + body.length - sent;
