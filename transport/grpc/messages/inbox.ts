import { RpcError } from "../../../rpc/error.ts";
import { Status } from "../../../rpc/status.ts";
import type { ReceiveWindow } from "../../http2/state/receive_window.ts";
import type { Stream } from "../../http2/state/stream.ts";
import type { MaybePromise } from "../../transport.ts";
import { PREFIX_BYTES } from "./message_prefix.ts";
import { MessageReader } from "./message_reader.ts";
import { turnOver } from "./turn.ts";

/** Receives the errors of an inbox. */
export interface InboxOwner {
  /** Called when a message can't be read. It must end the inbox. The messages before it can still be read. */
  onBadMessage(error: RpcError): void;
}

/** The messages received on a stream, for one reader. Flow control stops the peer while messages are not read. */
export class Inbox {
  readonly #stream: Stream;
  readonly #window: ReceiveWindow;
  readonly #reader: MessageReader;
  readonly #owner: InboxOwner;
  #waiter: PromiseWithResolvers<Uint8Array | undefined> | undefined;
  #ended = false;
  #error: RpcError | undefined;
  /** The received octets that count against the connection's window. */
  #held = 0;
  /** Those of them that also count against the stream's window. */
  #unread = 0;
  #hasRead = false;

  /**
   * Creates the inbox of a stream.
   *
   * @param stream The stream.
   * @param window The connection's flow control.
   * @param limit The largest message, in octets.
   * @param encoding The peer's `grpc-encoding`.
   * @param owner Notified of a message that can't be read.
   */
  constructor(
    stream: Stream,
    window: ReceiveWindow,
    limit: number,
    encoding: string | undefined,
    owner: InboxOwner,
  ) {
    this.#stream = stream;
    this.#window = window;
    this.#reader = new MessageReader(limit, encoding);
    this.#owner = owner;
  }

  /** The octets of an incomplete message. */
  get partial(): number {
    return this.#reader.partial;
  }

  /** Whether the message that was read last arrived compressed. */
  get compressed(): boolean {
    return this.#reader.compressed;
  }

  /** Whether all messages were read, and no more arrive. */
  get drained(): boolean {
    return this.#ended && !this.#reader.ready;
  }

  /** Handles received DATA. */
  push(buf: Uint8Array, start: number, end: number): void {
    const octets = end - start;
    if (this.#ended) return this.#window.release(octets);
    this.#held += octets;
    this.#unread += octets;
    let problem: RpcError | undefined;
    try {
      this.#reader.push(buf, start, end);
    } catch (error) {
      problem = error as RpcError;
    }
    if (this.#reader.ready) this.#serve();
    // Nobody can read a part of a message, so flow control admits its rest, up to the size limit of a message.
    else if (problem === undefined) this.#consume(this.#unread);
    if (problem) this.#owner.onBadMessage(problem);
  }

  /** Passes a message to the reader that waits. */
  #serve(): void {
    const waiter = this.#waiter;
    if (waiter === undefined) return;
    this.#waiter = undefined;
    const message = this.#take();
    if (message) waiter.resolve(message);
    else this.#settle(waiter);
  }

  /**
   * Returns the next message; undefined after the last one. Rejects if the inbox ended with an error. Only one read at
   * a time.
   */
  next(): MaybePromise<Uint8Array | undefined> {
    const message = this.#reader.ready ? this.#take() : undefined;
    if (message !== undefined) {
      // The request of a call is read as the call begins: admission has just checked that it has not waited too long.
      const pause = this.#hasRead ? turnOver() : undefined;
      this.#hasRead = true;
      return pause ? pause.then(() => message) : message;
    }
    if (this.#ended && this.#error === undefined) return undefined;
    const waiter = Promise.withResolvers<Uint8Array | undefined>();
    if (this.#ended) this.#settle(waiter);
    else this.#waiter = waiter;
    return waiter.promise;
  }

  /** Handles the end of the peer's messages. An incomplete message is an error. */
  finish(): void {
    if (this.#ended) return;
    if (this.partial === 0) this.end();
    else this.#owner.onBadMessage(new RpcError(Status.INTERNAL, "the stream ended inside a message"));
  }

  /** Accepts no more messages. Those received can still be read. Then follows the error, if there is one. */
  end(error?: RpcError): void {
    this.#error ??= error;
    if (this.#ended) return;
    this.#ended = true;
    // The rest of the message will not arrive.
    if (!this.#reader.ready && this.#held > 0) this.#release(this.#held);
    if (this.#waiter) this.#settle(this.#waiter);
    this.#waiter = undefined;
  }

  /** Accepts no more messages, and discards those received. */
  discard(error?: RpcError): void {
    this.#clear();
    this.end(error);
  }

  /**
   * Releases the share of the connection's window that an incomplete message holds. Otherwise its rest could not
   * arrive.
   */
  letIn(): void {
    if (this.#reader.ready) return;
    this.#window.release(this.#held);
    this.#held = 0;
  }

  #take(): Uint8Array | undefined {
    const octets = this.#reader.nextSize + PREFIX_BYTES;
    try {
      const message = this.#reader.take();
      this.#release(this.#ended && !this.#reader.ready ? this.#held : octets);
      return message;
    } catch (error) {
      this.#clear();
      this.#owner.onBadMessage(error as RpcError);
      return undefined;
    }
  }

  #clear(): void {
    this.#reader.clear();
    if (this.#held > 0) this.#release(this.#held);
  }

  #release(octets: number): void {
    const held = Math.min(octets, this.#held);
    this.#held -= held;
    this.#window.release(held);
    this.#consume(this.#reader.ready ? Math.min(octets, this.#unread) : this.#unread);
  }

  #consume(octets: number): void {
    if (octets === 0) return;
    this.#unread -= octets;
    this.#window.consume(this.#stream, octets);
  }

  #settle({ resolve, reject, promise }: PromiseWithResolvers<Uint8Array | undefined>): void {
    if (this.#error === undefined) return resolve(undefined);
    // The reader may have stopped waiting, and an unhandled rejection would end the process.
    promise.catch(() => {});
    reject(this.#error);
  }
}
