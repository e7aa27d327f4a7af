import { RpcError } from "../../rpc/error.ts";
import { Status } from "../../rpc/status.ts";
import type { ReceiveWindow } from "../http2/receive_window.ts";
import type { Stream } from "../http2/stream.ts";
import type { MaybePromise } from "../transport.ts";
import { MessageReader, PREFIX_BYTES } from "./message_reader.ts";
import { turnOver } from "./turn.ts";

/** Whose messages they are. */
export interface InboxOwner {
  /** A message can't be read: the inbox is to be ended. Those before it can still be taken. */
  onBadMessage(error: RpcError): void;
}

/** The messages that came on a stream, for one reader. What nobody has taken keeps the peer's windows closed. */
export class Inbox {
  readonly #stream: Stream;
  readonly #window: ReceiveWindow;
  readonly #reader: MessageReader;
  readonly #owner: InboxOwner;
  #waiter: PromiseWithResolvers<Uint8Array | undefined> | undefined;
  #ended = false;
  #error: RpcError | undefined;
  /** The octets that came and hold the connection's window. */
  #held = 0;
  /** Those of them that hold the stream's window too. */
  #unread = 0;

  /**
   * Makes an inbox.
   *
   * @param stream The stream.
   * @param window The connection's flow control.
   * @param limit The largest message, in octets.
   * @param encoding The peer's `grpc-encoding`.
   * @param owner Told of a message that can't be read.
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

  /** The octets of a message that is not complete. */
  get partial(): number {
    return this.#reader.partial;
  }

  /** Whether the message that was taken last came compressed. */
  get compressed(): boolean {
    return this.#reader.compressed;
  }

  /** Whether all that came was taken, and no more comes. */
  get drained(): boolean {
    return this.#ended && !this.#reader.ready;
  }

  /** Takes DATA. */
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
    // Nobody can take a part of a message: its rest is let in, up to the limit of a message.
    else if (problem === undefined) this.#consume(this.#unread);
    if (problem) this.#owner.onBadMessage(problem);
  }

  /** Gives a message to who waits for it. */
  #serve(): void {
    const waiter = this.#waiter;
    if (waiter === undefined) return;
    this.#waiter = undefined;
    const message = this.#take();
    if (message) waiter.resolve(message);
    else this.#settle(waiter);
  }

  /** The next message; undefined behind the last, or a rejection if it ended with an error. One asks at a time. */
  next(): MaybePromise<Uint8Array | undefined> {
    const message = this.#reader.ready ? this.#take() : undefined;
    if (message !== undefined) {
      const pause = turnOver();
      return pause ? pause.then(() => message) : message;
    }
    if (this.#ended && this.#error === undefined) return undefined;
    const waiter = Promise.withResolvers<Uint8Array | undefined>();
    if (this.#ended) this.#settle(waiter);
    else this.#waiter = waiter;
    return waiter.promise;
  }

  /** The peer sends no more. Inside a message that is an error. */
  finish(): void {
    if (this.#ended) return;
    if (this.partial === 0) this.end();
    else this.#owner.onBadMessage(new RpcError(Status.INTERNAL, "the stream ended inside a message"));
  }

  /** No more comes. What came can still be taken; then comes the error, if there is one. */
  end(error?: RpcError): void {
    this.#error ??= error;
    if (this.#ended) return;
    this.#ended = true;
    // The rest of a message will not come.
    if (!this.#reader.ready && this.#held > 0) this.#release(this.#held);
    if (this.#waiter) this.#settle(this.#waiter);
    this.#waiter = undefined;
  }

  /** No more comes, and what came is let go. */
  discard(error?: RpcError): void {
    this.#clear();
    this.end(error);
  }

  /** Lets go the connection's window of a message that is not complete: its rest could not come else. */
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
    // Whoever asked may have stopped listening, and an unhandled rejection would end the process.
    promise.catch(() => {});
    reject(this.#error);
  }
}
