/** An item of a {@linkcode CallSet}. */
export interface CallSetItem {
  /** Its index in the set; -1 outside of one. Only the set changes it. */
  slot: number;
}

/**
 * The calls of a connection that have not ended. It is a plain array in any order, for the reason that `StreamTable`
 * gives: short-lived items of a `Set` survive too long.
 */
export class CallSet<T extends CallSetItem> implements Iterable<T> {
  /** The number of calls. */
  size = 0;
  readonly #slots: (T | undefined)[] = [];

  /** Adds a call, which must not be present. */
  add(call: T): void {
    call.slot = this.size;
    this.#slots[this.size++] = call;
  }

  /** Removes a call, if it is present. */
  delete(call: T): void {
    const { slot } = call;
    if (slot < 0) return;
    call.slot = -1;
    const last = this.#slots[--this.size]!;
    this.#slots[this.size] = undefined;
    if (last === call) return;
    this.#slots[slot] = last;
    last.slot = slot;
  }

  /** Iterates over a copy: calls may end meanwhile. */
  [Symbol.iterator](): IterableIterator<T> {
    return (this.#slots.slice(0, this.size) as T[]).values();
  }
}
