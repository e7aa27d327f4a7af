import type { Connection } from "../../http2/connection.ts";
import type { Stream } from "../../http2/state/stream.ts";
import type { Compression, MaybePromise } from "../../transport.ts";
import { compress } from "./compression.ts";
import { PREFIX_BYTES } from "./message_prefix.ts";

/** The prefix of the message that is being sent. The connection copies it at once. */
const prefix = new Uint8Array(PREFIX_BYTES);

/** Sends messages on a stream. */
export class Outbox {
  readonly #connection: Connection;
  readonly #stream: Stream;
  /** The encoding that the header announced; undefined if none. */
  encoding: Compression | undefined;
  #drained: PromiseWithResolvers<void> | undefined;

  /**
   * Creates the outbox of a stream.
   *
   * @param connection The connection.
   * @param stream The stream.
   */
  constructor(connection: Connection, stream: Stream) {
    this.#connection = connection;
    this.#stream = stream;
  }

  /**
   * Sends a message. If it returns a promise, the caller should wait for it.
   *
   * @param compression The compression of the message. It applies only if the header announced it; otherwise the
   * message is sent uncompressed.
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
    // One message may wait, so that the connection is never idle while the next one is created.
    if (this.#stream.queue === undefined || this.#stream.queue.size < 2) return;
    this.#drained ??= Promise.withResolvers();
    return this.#drained.promise;
  }

  /** Handles that the queue is empty: it was sent, or was discarded. */
  release(): void {
    this.#drained?.resolve();
    this.#drained = undefined;
  }
}
