/**
 * Remembers the streams that were closed most recently. A late frame for one of them is no error, or another error than
 * for a stream that never existed.
 */
export class ClosedStreams {
  // The identifiers. A negative one was reset by this side, which the peer may not know yet.
  #ids: Int32Array;
  #next = 0;
  readonly #most: number;

  /**
   * Creates the list, for twice as many streams as may be open, up to a maximum: a lookup searches the whole list.
   *
   * @param streams How many streams may be open at once.
   */
  constructor(streams: number) {
    this.#most = 2 ** Math.ceil(Math.log2(Math.min(Math.max(streams * 2, 2), 4096)));
    this.#ids = new Int32Array(Math.min(this.#most, 16));
  }

  /** Remembers a stream. */
  add(id: number, resetByUs: boolean): void {
    // The list grows on demand, as most connections have few calls.
    if (this.#next === this.#ids.length && this.#ids.length < this.#most) {
      const grown = new Int32Array(this.#ids.length * 2);
      grown.set(this.#ids);
      this.#ids = grown;
    }
    this.#ids[this.#next++ & this.#ids.length - 1] = resetByUs ? -id : id;
  }

  /** Returns whether a stream is remembered as closed. */
  has(id: number): boolean {
    return this.#ids.includes(id) || this.#ids.includes(-id);
  }

  /** Returns whether a stream is remembered as reset by this side. */
  wasResetByUs(id: number): boolean {
    return this.#ids.includes(-id);
  }
}
