import type { Socket as NodeTcpSocket } from "node:net";
import type { Duplex } from "node:stream";
import type { Socket } from "./socket.ts";

/** A Node stream as a {@linkcode Socket}. It reads only on demand, so unread octets stay with the peer. */
export class NodeSocket implements Socket {
  readonly #stream: Duplex;
  #chunk: Uint8Array | undefined;
  #ended = false;
  #error: Error | undefined;
  #wake: (() => void) | undefined;

  /**
   * Wraps a stream.
   *
   * @param stream A connected socket. If it uses TLS, its handshake is done.
   */
  constructor(stream: Duplex) {
    this.#stream = stream;
    const wake = () => this.#wake?.();
    stream.on("readable", wake);
    const ended = () => {
      this.#ended = true;
      wake();
    };
    stream.on("end", ended);
    stream.on("close", ended);
    stream.on("error", (error: Error) => {
      this.#error ??= error;
      wake();
    });
  }

  async read(buf: Uint8Array): Promise<number | null> {
    for (;;) {
      const chunk: Uint8Array | null = this.#chunk ?? this.#stream.read();
      if (chunk !== null) {
        const part = chunk.subarray(0, buf.length);
        buf.set(part);
        this.#chunk = part.length < chunk.length ? chunk.subarray(part.length) : undefined;
        return part.length;
      }
      if (this.#error) throw this.#error;
      if (this.#ended) return null;
      await new Promise<void>((resolve) => this.#wake = resolve);
    }
  }

  write(bytes: Uint8Array): Promise<number> {
    return new Promise((resolve, reject) => {
      if (this.#ended && this.#stream.destroyed) return reject(this.#error ?? new Error("the connection is closed"));
      this.#stream.write(bytes, (error) => error ? reject(error) : resolve(bytes.length));
    });
  }

  // deno-lint-ignore require-await -- the interface asks for a promise
  async closeWrite(): Promise<void> {
    this.#stream.end();
  }

  ref(): void {
    (this.#stream as NodeTcpSocket).ref?.();
  }

  unref(): void {
    (this.#stream as NodeTcpSocket).unref?.();
  }

  close(): void {
    this.#ended = true;
    this.#stream.destroy();
    this.#wake?.();
  }
}
