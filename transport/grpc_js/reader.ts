import type { MaybePromise } from "../transport.ts";

/** The part of a Node stream that is read here. */
export interface Source {
  read(): Uint8Array | null;
  on(event: string, listener: () => void): unknown;
}

/** Reads a Node stream message by message, without taking more from it than is asked for. */
export class Reader {
  readonly #source: Source;
  #wake: (() => void) | undefined;

  /**
   * @param source The stream.
   * @param events What may make a message readable, or end the stream.
   * @param ended Whether there will be no more messages once none is readable. It may throw what went wrong.
   */
  constructor(source: Source, events: readonly string[], readonly ended: () => boolean) {
    this.#source = source;
    for (const event of events) source.on(event, () => this.wake());
  }

  /** Looks again: something has changed. */
  wake(): void {
    this.#wake?.();
  }

  /** The next message, or undefined when there are no more. */
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
