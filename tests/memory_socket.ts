import type { Socket } from "../transport/grpc/sockets/socket.ts";

/** One end of a connection in memory. What is written to one end is read at the other. */
export class MemorySocket implements Socket {
  other!: MemorySocket;
  closed = false;
  /** What each read was given room for, in octets. */
  readonly rooms: number[] = [];
  /** The most that one write takes. */
  most = Infinity;
  /** While this is set, writes wait for it. */
  gate: Promise<void> | undefined;
  #arrived: Uint8Array[] = [];
  #ended = false;
  #wake: (() => void) | undefined;

  static pair(): [MemorySocket, MemorySocket] {
    const [one, two] = [new MemorySocket(), new MemorySocket()];
    one.other = two;
    two.other = one;
    return [one, two];
  }

  /** The octets that have come and nobody has read. */
  get unread(): number {
    return this.#arrived.reduce((sum, { length }) => sum + length, 0);
  }

  async read(buf: Uint8Array): Promise<number | null> {
    this.rooms.push(buf.length);
    for (;;) {
      if (this.closed) throw new Error("closed");
      const first = this.#arrived.shift();
      if (first) {
        const part = first.subarray(0, buf.length);
        buf.set(part);
        if (part.length < first.length) this.#arrived.unshift(first.subarray(part.length));
        return part.length;
      }
      if (this.#ended) return null;
      await new Promise<void>((resolve) => this.#wake = resolve);
    }
  }

  async write(bytes: Uint8Array): Promise<number> {
    await this.gate;
    if (this.closed || this.other.closed) throw new Error("broken pipe");
    const part = bytes.slice(0, this.most);
    this.other.arrive(part);
    return part.length;
  }

  arrive(octets: Uint8Array): void {
    this.#arrived.push(octets);
    this.#wake?.();
  }

  // deno-lint-ignore require-await -- as the interface has it
  async closeWrite(): Promise<void> {
    this.other.#ended = true;
    this.other.#wake?.();
  }

  close(): void {
    this.closed = true;
    this.#wake?.();
    void this.closeWrite();
  }
}
