import { Line } from "../../base/line.ts";
import type { MaybePromise } from "../transport.ts";

/** What may wait for the reader before the writer is asked to wait. */
const HIGH_WATER = { messages: 8, bytes: 65536 };

type Reader = PromiseWithResolvers<Uint8Array | undefined>;

/** One direction of a call: messages in their order, from one writer to one reader. */
export class Pipe {
  #queue = new Line<Uint8Array>();
  #bytes = 0;
  #ended = false;
  #error: Error | undefined;
  #readers: Reader[] = [];
  #room: PromiseWithResolvers<void> | undefined;

  /** Whether all messages were taken and no more will come. */
  get drained(): boolean {
    return this.#ended && this.#queue.size === 0;
  }

  /** Adds a message. A promise asks the writer to wait: the reader is behind. Does nothing after the end. */
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

  /** The next message; undefined after the last, or a rejection if the pipe was ended with an error. */
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

  /** Takes no more messages. What waits can still be taken; then comes the error, if there is one. */
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

  /** Ends at once: what waits is dropped. */
  discard(error?: Error): void {
    this.#queue = new Line();
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

// Whoever asked may have stopped listening meanwhile, and an unhandled rejection ends the process.
function reject(reader: Reader, error: Error): void {
  reader.promise.catch(() => {});
  reader.reject(error);
}
