import { Queue } from "../../base/collections/queue.ts";
import type { MaybePromise } from "../transport.ts";

/** How much may be queued before the writer has to wait. */
const HIGH_WATER = { messages: 8, bytes: 65536 };

type Reader = PromiseWithResolvers<Uint8Array | undefined>;

/** One direction of a call: a queue of messages from one writer to one reader. */
export class Pipe {
  #queue = new Queue<Uint8Array>();
  #bytes = 0;
  #ended = false;
  #error: Error | undefined;
  #readers: Reader[] = [];
  #room: PromiseWithResolvers<void> | undefined;

  /** Whether all messages were read and no more follow. */
  get drained(): boolean {
    return this.#ended && this.#queue.size === 0;
  }

  /**
   * Adds a message. If it returns a promise, the writer should wait for it, as the reader is slow. Does nothing after
   * the end.
   */
  push(message: Uint8Array): MaybePromise<void> {
    if (this.#ended) return;
    const reader = this.#readers.shift();
    if (reader) return reader.resolve(message);
    this.#queue.push(message);
    this.#bytes += message.length;
    if (this.#hasRoom()) return;
    this.#room ??= Promise.withResolvers();
    return this.#room.promise;
  }

  /** Returns the next message; undefined after the last one. Rejects if the pipe ended with an error. */
  take(): MaybePromise<Uint8Array | undefined> {
    const message = this.#queue.shift();
    if (message) {
      this.#bytes -= message.length;
      if (this.#hasRoom()) this.#release();
      return message;
    }
    if (this.#ended && !this.#error) return undefined;
    const reader: Reader = Promise.withResolvers();
    if (this.#error) reject(reader, this.#error);
    else this.#readers.push(reader);
    return reader.promise;
  }

  /** Accepts no more messages. Queued ones can still be read. Then follows the error, if there is one. */
  end(error?: Error): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#error = error;
    for (const reader of this.#readers.splice(0)) {
      if (error) reject(reader, error);
      else reader.resolve(undefined);
    }
    this.#release();
  }

  /** Ends at once, and discards queued messages. */
  discard(error?: Error): void {
    this.#queue = new Queue();
    this.#bytes = 0;
    if (this.#ended) this.#error = error;
    else this.end(error);
    this.#release();
  }

  #hasRoom(): boolean {
    return this.#queue.size <= HIGH_WATER.messages && this.#bytes <= HIGH_WATER.bytes;
  }

  #release(): void {
    this.#room?.resolve();
    this.#room = undefined;
  }
}

// The reader may have stopped waiting, and an unhandled rejection would end the process.
function reject(reader: Reader, error: Error): void {
  reader.promise.catch(() => {});
  reader.reject(error);
}
