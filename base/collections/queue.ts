/** The entry of an item in a {@linkcode Queue}. */
export interface QueueEntry<T> {
  readonly item: T;
  before: QueueEntry<T> | undefined;
  behind: QueueEntry<T> | undefined;
  /** Whether the item has left the queue. */
  gone: boolean;
}

/**
 * A queue of any length. Adding an item, taking the first and removing one from the middle each take O(1). `shift()` of
 * an Array moves all other items if there are more than about 16,000, and a Set whose first item is taken repeatedly
 * scans the deleted ones.
 */
export class Queue<T> implements Iterable<T> {
  #first: QueueEntry<T> | undefined;
  #last: QueueEntry<T> | undefined;
  #size = 0;

  /** The number of items. */
  get size(): number {
    return this.#size;
  }

  /** The item that was added first. */
  get first(): T | undefined {
    return this.#first?.item;
  }

  /** Adds an item at the end. Returns its entry, which {@linkcode remove} takes. */
  push(item: T): QueueEntry<T> {
    const entry: QueueEntry<T> = { item, before: this.#last, behind: undefined, gone: false };
    if (this.#last === undefined) this.#first = entry;
    else this.#last.behind = entry;
    this.#last = entry;
    this.#size++;
    return entry;
  }

  /** Removes the item that was added first, and returns it. */
  shift(): T | undefined {
    const first = this.#first;
    if (first !== undefined) this.remove(first);
    return first?.item;
  }

  /** Removes the item of an entry, if it is still in the queue. */
  remove(entry: QueueEntry<T>): void {
    if (entry.gone) return;
    entry.gone = true;
    const { before, behind } = entry;
    if (before === undefined) this.#first = behind;
    else before.behind = behind;
    if (behind === undefined) this.#last = before;
    else behind.before = before;
    // Code that keeps an entry must not keep all later items in memory.
    entry.before = entry.behind = undefined;
    this.#size--;
  }

  /**
   * Iterates over the items in the order in which they were added. The current item may be removed during the
   * iteration.
   */
  *[Symbol.iterator](): Generator<T> {
    for (let entry = this.#first, next; entry !== undefined; entry = next) {
      next = entry.behind;
      yield entry.item;
    }
  }
}
