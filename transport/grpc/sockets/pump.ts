import { after } from "../../../base/time.ts";
import type { Connection } from "../../http2/connection.ts";
import type { CloseReason } from "./close_reason.ts";
import type { Socket } from "./socket.ts";
import { turnBegins } from "../messages/turn.ts";

/**
 * The initial and the maximum size of a read, in octets. It grows while the peer fills it. An idle connection keeps the
 * initial size.
 */
const MIN_READ_BYTES = 2 * 1024;
const MAX_READ_BYTES = 64 * 1024;
/**
 * With more unsent octets than this, nothing is read: a peer that does not read its answers can't cause more of them.
 * DATA frames alone stay below it.
 */
const MAX_UNSENT_BYTES = 1024 * 1024;
/**
 * How long a peer may continue to send after this side has ended, in milliseconds, so that it reads the last frames.
 */
const LINGER_MS = 500;

/**
 * Moves octets between a socket and a {@linkcode Connection}. It has one read buffer, and handles all frames in it
 * before it writes. One write is in flight at a time, with all octets that were queued when it began.
 */
export class Pump {
  /** When octets arrived last, in milliseconds of performance.now(). */
  lastRead: number = performance.now();
  /** When the write in flight began; undefined if there is none. */
  writingSince: number | undefined;
  readonly #socket: Socket;
  readonly #connection: Connection;
  readonly #onRead: () => void;
  readonly #onFirst: (first: Uint8Array) => CloseReason | undefined;
  readonly #done = Promise.withResolvers<CloseReason>();
  #scheduled = false;
  #reading = false;
  #written: PromiseWithResolvers<void> | undefined;
  #ending = false;
  #ended = false;
  #closed = false;

  /**
   * Creates a pump; {@linkcode Pump.run} starts it.
   *
   * @param socket The socket.
   * @param connection The connection.
   * @param onRead Called after all frames of a read were handled.
   * @param onFirst Receives the first octets. Returns why the peer does not speak HTTP/2; undefined if it does.
   */
  constructor(
    socket: Socket,
    connection: Connection,
    onRead: () => void,
    onFirst: (first: Uint8Array) => CloseReason | undefined,
  ) {
    this.#socket = socket;
    this.#connection = connection;
    this.#onRead = onRead;
    this.#onFirst = onFirst;
  }

  /** Reads until the end. Resolves with the reason of the end, after the socket is closed. Never rejects. */
  async run(): Promise<CloseReason> {
    // A server waits for the first octets, as it may have to answer in another protocol. RFC 9113, section 3.4, allows
    // that.
    if (!this.#connection.server) this.wake();
    this.#close(await this.#read());
    return await this.#done.promise;
  }

  /** Whether a read keeps the process alive, which is the default. */
  set keepsAlive(value: boolean) {
    if (value) this.#socket.ref?.();
    else this.#socket.unref?.();
  }

  /** Starts a write after the code that runs now and its microtasks, so that all that they send goes out together. */
  readonly wake = (): void => {
    if (this.#scheduled || this.#reading || this.writingSince !== undefined || this.#connection.output.length === 0) {
      return;
    }
    this.#scheduled = true;
    queueMicrotask(this.#flush);
  };

  /** Sends what is queued, then ends the connection. */
  end(): void {
    if (this.#ending) return;
    this.#ending = true;
    if (!this.#reading) this.#wakeOrEnd();
  }

  /**
   * Does what {@linkcode Pump.end} does, but gives the peer only a short time to read: the peer is at fault, or not
   * worth waiting for.
   */
  endSoon(): void {
    this.#linger();
    this.end();
  }

  /** Sends these octets instead of all queued ones, then ends the connection. */
  async answer(octets: Uint8Array): Promise<void> {
    this.#ending = true;
    this.writingSince = performance.now();
    try {
      await this.#socket.write(octets);
    } catch {
      // The peer has disconnected.
    }
    this.#connection.output.take();
    await this.#endWriting();
  }

  /** Closes the socket at once. `text` says why. */
  close(text: string): void {
    this.#close({ kind: "closed", text });
  }

  #close(reason: CloseReason): void {
    if (this.#closed) return;
    this.#closed = true;
    try {
      this.#socket.close();
    } catch {
      // The socket was closed.
    }
    this.#written?.resolve();
    this.#done.resolve(reason);
  }

  async #read(): Promise<CloseReason> {
    const connection = this.#connection;
    let buf = new Uint8Array(MIN_READ_BYTES);
    let kept = 0, small = 0, first = true;
    try {
      for (;;) {
        const n = await this.#socket.read(kept === 0 ? buf : buf.subarray(kept));
        if (n === null) return { kind: "ended", text: "the peer closed the connection" };
        turnBegins(this.lastRead = performance.now());
        const end = kept + n;
        if (first) {
          first = false;
          const reason = this.#onFirst(buf.subarray(0, end));
          if (reason !== undefined) return reason;
        }
        // Octets that are queued meanwhile go out together. The write runs outside of any call's async context, which
        // it would otherwise keep alive.
        this.#reading = true;
        const stopped = connection.receive(buf, 0, end);
        this.#onRead();
        this.#reading = false;
        this.#wakeOrEnd();
        if (connection.output.length > MAX_UNSENT_BYTES && !this.#ending) {
          await (this.#written = Promise.withResolvers()).promise;
        }
        kept = end - stopped;
        small = n < buf.length / 8 ? small + 1 : 0;
        if (end === buf.length && buf.length < MAX_READ_BYTES) buf = resized(buf, stopped, end, buf.length * 2);
        else if (small > 100 && buf.length > MIN_READ_BYTES && kept < MIN_READ_BYTES) {
          buf = resized(buf, stopped, end, buf.length / 2);
          small = 0;
        } else if (kept > 0) buf.copyWithin(0, stopped, end);
      }
    } catch (error) {
      return lost(error as Error);
    }
  }

  #linger(): void {
    const stop = after(LINGER_MS, () => this.close("closed"));
    this.#done.promise.then(stop, stop);
  }

  /** Sends what is queued. Closes the connection if it is ending and nothing is queued. */
  #wakeOrEnd(): void {
    this.wake();
    if (!this.#ending || this.#scheduled || this.writingSince !== undefined) return;
    // deno-lint-ignore dinokit-promise/handled -- it never rejects
    void this.#endWriting();
  }

  readonly #flush = (): void => {
    this.#scheduled = false;
    if (this.#closed || this.writingSince !== undefined || this.#connection.output.length === 0) return;
    // deno-lint-ignore dinokit-promise/handled -- it never rejects
    void this.#write();
  };

  async #write(): Promise<void> {
    const { output } = this.#connection;
    try {
      while (output.length > 0) {
        const bytes = output.take();
        // At once, so that streams that have waited come before streams that send new data during the write.
        this.#connection.resume();
        this.writingSince = performance.now();
        let at = await this.#socket.write(bytes);
        while (at < bytes.length) at += await this.#socket.write(bytes.subarray(at));
        output.giveBack(bytes);
        this.#written?.resolve();
      }
      this.writingSince = undefined;
      if (this.#ending) await this.#endWriting();
    } catch (error) {
      this.#close(lost(error as Error));
    }
  }

  /**
   * Ends the writing side, and waits until the peer has read: if a socket with unread octets is closed, what was sent
   * may be lost.
   */
  async #endWriting(): Promise<void> {
    if (this.#closed || this.#ended) return;
    this.#ended = true;
    this.#linger();
    try {
      await this.#socket.closeWrite?.();
    } catch {
      // The peer has disconnected.
    }
    if (!this.#socket.closeWrite) this.close("closed");
  }
}

const lost = (error: Error): CloseReason => ({
  kind: "lost",
  text: `the connection was lost: ${error.message}`,
  error,
});

function resized(buf: Uint8Array, start: number, end: number, size: number): Uint8Array<ArrayBuffer> {
  const copy = new Uint8Array(Math.max(size, end - start));
  copy.set(buf.subarray(start, end));
  return copy;
}
