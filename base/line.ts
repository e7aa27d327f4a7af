/** The place of an item in a {@linkcode Line}. */
export interface Place<T> {
  readonly item: T;
  before: Place<T> | undefined;
  behind: Place<T> | undefined;
  /** Whether the item has left the line. */
  gone: boolean;
}

/**
 * A queue of any length. Adding an item, taking the first and removing one from the middle each take O(1). `shift()` of
 * an Array moves all other items if there are more than about 16,000, and a Set whose first item is taken repeatedly
 * scans the deleted ones.
 */
export class Line<T> implements Iterable<T> {
  #first: Place<T> | undefined;
  #last: Place<T> | undefined;
  #size = 0;

  /** The number of items. */
  get size(): number {
    return this.#size;
  }

  /** The item that was added first. */
  get first(): T | undefined {
    return this.#first?.item;
  }

  /** Adds an item at the end. Returns its place, which {@linkcode remove} takes. */
  push(item: T): Place<T> {
    const place: Place<T> = { item, before: this.#last, behind: undefined, gone: false };
    if (this.#last === undefined) this.#first = place;
    else this.#last.behind = place;
    this.#last = place;
    this.#size++;
    return place;
  }

  /** Removes the item that was added first, and returns it. */
  shift(): T | undefined {
    const first = this.#first;
    if (first !== undefined) this.remove(first);
    return first?.item;
  }

  /** Removes the item at a place, if it is still in the line. */
  remove(place: Place<T>): void {
    if (place.gone) return;
    place.gone = true;
    const { before, behind } = place;
    if (before === undefined) this.#first = behind;
    else before.behind = behind;
    if (behind === undefined) this.#last = before;
    else behind.before = before;
    // Code that keeps a place must not keep all later items in memory.
    place.before = place.behind = undefined;
    this.#size--;
  }

  /**
   * Iterates over the items in the order in which they were added. The current item may be removed during the
   * iteration.
   */
  *[Symbol.iterator](): Generator<T> {
    for (let place = this.#first, next; place !== undefined; place = next) {
      next = place.behind;
      yield place.item;
    }
  }
}
