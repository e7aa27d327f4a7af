import type { Connection } from "../http2/connection.ts";
import type { Stream } from "../http2/stream.ts";
import type { Compression, MaybePromise } from "../transport.ts";
import { compress } from "./compression.ts";
import { PREFIX_BYTES } from "./message_reader.ts";

/** The prefix of the message that is being sent: the connection copies it at once. */
const prefix = new Uint8Array(PREFIX_BYTES);

/** The messages that go out on a stream. */
export class Outbox {
  readonly #connection: Connection;
  readonly #stream: Stream;
  /** The encoding that the header announced; undefined if it announced none. */
  encoding: Compression | undefined;
  #drained: PromiseWithResolvers<void> | undefined;

  /**
   * Makes an outbox.
   *
   * @param connection Where it goes out.
   * @param stream The stream.
   */
  constructor(connection: Connection, stream: Stream) {
    this.#connection = connection;
    this.#stream = stream;
  }

  /**
   * Sends a message. A promise asks to wait.
   *
   * @param compression How it is to be encoded: as announced, or else not at all.
   */
  send(message: Uint8Array, compression: Compression, last: boolean): MaybePromise<void> {
    const compressed = this.encoding !== undefined && compression === this.encoding;
    const body = compressed ? compress(this.encoding!, message) : message;
    const { length } = body;
    prefix[0] = compressed ? 1 : 0;
    prefix[1] = length >>> 24;
    prefix[2] = length >>> 16;
    prefix[3] = length >>> 8;
    prefix[4] = length;
    if (this.#connection.sendData(this.#stream, prefix, body, last)) return;
    // One message may wait, so that the connection never runs dry while the next one is made.
    if (this.#stream.queue === undefined || this.#stream.queue.size < 2) return;
    this.#drained ??= Promise.withResolvers();
    return this.#drained.promise;
  }

  /** Nothing waits any more: it was sent, or it will never be. */
  release(): void {
    this.#drained?.resolve();
    this.#drained = undefined;
  }
}
