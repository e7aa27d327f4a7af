import type { MaybePromise } from "../transport.ts";

/** The part of a Node stream that the reader uses. */
export interface Source {
  read(): Uint8Array | null;
  on(event: string, listener: () => void): unknown;
}

/** Reads a Node stream message by message, and only on demand. */
export class Reader {
  readonly #source: Source;
  #wake: (() => void) | undefined;

  /**
   * @param source The stream.
   * @param events The events after which a message may be readable, or the stream may have ended.
   * @param ended Returns whether no more messages follow when none is readable. It may throw the stream's error.
   */
  constructor(source: Source, events: readonly string[], readonly ended: () => boolean) {
    this.#source = source;
    for (const event of events) source.on(event, () => this.wake());
  }

  /** Checks again whether a message is readable. */
  wake(): void {
    this.#wake?.();
  }

  /** Returns the next message, or undefined after the last. */
  next(): MaybePromise<Uint8Array | undefined> {
    const message = this.#source.read();
    if (message !== null) return message;
    return this.#wait();
  }

  async #wait(): Promise<Uint8Array | undefined> {
    for (;;) {
      const message = this.#source.read();
      if (message !== null) return message;
      if (this.ended()) return undefined;
      await new Promise<void>((resolve) => this.#wake = resolve);
      this.#wake = undefined;
    }
  }
}
