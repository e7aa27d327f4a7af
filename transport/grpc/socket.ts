import { after } from "../../base/time.ts";
import type { Connection } from "../http2/connection.ts";
import { turnBegins } from "./turn.ts";

/** What a connection needs of a socket: a `Deno.Conn`, or something that looks like one. */
export interface Socket {
  /** Reads into `buf`; null at the end. */
  read(buf: Uint8Array): Promise<number | null>;
  /** Writes some of `bytes`. */
  write(bytes: Uint8Array): Promise<number>;
  /** Ends the writing side. */
  closeWrite?(): Promise<void>;
  /** Closes it; may be called again. */
  close(): void;
  /** Has the process wait for what is read from it, as it does at first. */
  ref?(): void;
  /** Lets the process end while a read waits. */
  unref?(): void;
}

/**
 * What a read is given at first, and what it grows to while the peer fills it, in octets. An idle connection keeps the
 * first.
 */
const MIN_READ_BYTES = 2 * 1024;
const MAX_READ_BYTES = 64 * 1024;
/**
 * With so many octets waiting to be written, nothing more is read: a peer that reads no answers makes no more of them.
 * More than data fills.
 */
const MAX_UNSENT_BYTES = 1024 * 1024;
/** How long a peer may go on sending after this side has ended, so that it reads what it was told, in milliseconds. */
const LINGER_MS = 500;

/**
 * Moves octets between a socket and a {@linkcode Connection}: one read buffer, all frames in it handled before anything
 * is written; one write on its way, with all that was to be sent when it began.
 */
export class Pump {
  /** When octets last came, by performance.now(). */
  lastRead: number = performance.now();
  /** Since when a write has been on its way; undefined if none is. */
  writingSince: number | undefined;
  readonly #socket: Socket;
  readonly #connection: Connection;
  readonly #onRead: () => void;
  readonly #onFirst: (first: Uint8Array) => string | undefined;
  readonly #done = Promise.withResolvers<string>();
  #scheduled = false;
  #reading = false;
  #written: PromiseWithResolvers<void> | undefined;
  #ending = false;
  #ended = false;
  #closed = false;

  /**
   * Makes a pump; {@linkcode Pump.run} starts it.
   *
   * @param socket The socket.
   * @param connection The connection.
   * @param onRead Called when all frames of a read were handled.
   * @param onFirst Given the first octets that come: why the peer is none of HTTP/2, if it is not.
   */
  constructor(
    socket: Socket,
    connection: Connection,
    onRead: () => void,
    onFirst: (first: Uint8Array) => string | undefined,
  ) {
    this.#socket = socket;
    this.#connection = connection;
    this.#onRead = onRead;
    this.#onFirst = onFirst;
  }

  /** Reads until the end. Resolves with why it ended, when the socket is closed. Never rejects. */
  async run(): Promise<string> {
    // A server waits for the first octets, as it may have to answer them in another language (section 3.4 of RFC 9113
    // allows it).
    if (!this.#connection.server) this.wake();
    this.close(await this.#read());
    return await this.#done.promise;
  }

  /** Whether the process waits for what the peer sends. It does at first. */
  set keepsAlive(value: boolean) {
    if (value) this.#socket.ref?.();
    else this.#socket.unref?.();
  }

  /** Something is to be sent: it goes out when the code that runs now, and what waits for it, has run. */
  readonly wake = (): void => {
    if (this.#scheduled || this.#reading || this.writingSince !== undefined || this.#connection.output.length === 0) {
      return;
    }
    this.#scheduled = true;
    queueMicrotask(this.#flush);
  };

  /** Sends what waits, then ends the connection. */
  end(): void {
    if (this.#ending) return;
    this.#ending = true;
    if (!this.#reading) this.#wakeOrEnd();
  }

  /**
   * As {@linkcode Pump.end}, for a peer that is at fault or not to be waited for: it has little time to read what it is
   * told.
   */
  endSoon(): void {
    this.#linger();
    this.end();
  }

  /** Sends these octets in place of all else, then ends the connection. */
  async answer(octets: Uint8Array): Promise<void> {
    this.#ending = true;
    this.writingSince = performance.now();
    try {
      await this.#socket.write(octets);
    } catch {
      // It has hung up.
    }
    this.#connection.output.take();
    await this.#endWriting();
  }

  /** Closes the socket now. */
  close(why: string): void {
    if (this.#closed) return;
    this.#closed = true;
    try {
      this.#socket.close();
    } catch {
      // It was closed.
    }
    this.#written?.resolve();
    this.#done.resolve(why);
  }

  async #read(): Promise<string> {
    const connection = this.#connection;
    let buf = new Uint8Array(MIN_READ_BYTES);
    let kept = 0, small = 0, first = true;
    try {
      for (;;) {
        const n = await this.#socket.read(kept === 0 ? buf : buf.subarray(kept));
        if (n === null) return "the peer closed the connection";
        turnBegins(this.lastRead = performance.now());
        const end = kept + n;
        if (first) {
          first = false;
          const foreign = this.#onFirst(buf.subarray(0, end));
          if (foreign !== undefined) return foreign;
        }
        // What is sent meanwhile goes out together, and outside of any call's async context, which would keep the call
        // alive.
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
      return `the connection was lost: ${(error as Error).message}`;
    }
  }

  #linger(): void {
    const stop = after(LINGER_MS, () => this.close("closed"));
    this.#done.promise.then(stop, stop);
  }

  /** Sends what waits. If it is to end and nothing waits, that is the end. */
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
    const { output, sender } = this.#connection;
    try {
      while (output.length > 0) {
        const bytes = output.take();
        // At once, so that those who have waited come before those who send anew while this is on its way.
        sender.resume();
        this.writingSince = performance.now();
        let at = await this.#socket.write(bytes);
        while (at < bytes.length) at += await this.#socket.write(bytes.subarray(at));
        output.giveBack(bytes);
        this.#written?.resolve();
      }
      this.writingSince = undefined;
      if (this.#ending) await this.#endWriting();
    } catch (error) {
      this.close(`the connection was lost: ${(error as Error).message}`);
    }
  }

  /**
   * Ends the writing side and lets the peer read it: closing a socket with unread octets would take back what was sent.
   */
  async #endWriting(): Promise<void> {
    if (this.#closed || this.#ended) return;
    this.#ended = true;
    this.#linger();
    try {
      await this.#socket.closeWrite?.();
    } catch {
      // It has hung up.
    }
    if (!this.#socket.closeWrite) this.close("closed");
  }
}

function resized(buf: Uint8Array, start: number, end: number, size: number): Uint8Array<ArrayBuffer> {
  const other = new Uint8Array(Math.max(size, end - start));
  other.set(buf.subarray(start, end));
  return other;
}
