/** Where something stands in a {@linkcode Line}. */
export interface Place<T> {
  readonly item: T;
  before: Place<T> | undefined;
  behind: Place<T> | undefined;
  /** Whether it has left. */
  gone: boolean;
}

/**
 * A queue of any length: whoever comes, goes in its turn or leaves from the middle costs the same. `shift()` of an
 * Array moves all others once there are some 16,000 of them, and a Set whose first is taken again and again looks at
 * all that have gone.
 */
export class Line<T> implements Iterable<T> {
  #first: Place<T> | undefined;
  #last: Place<T> | undefined;
  #size = 0;

  /** How many stand in it. */
  get size(): number {
    return this.#size;
  }

  /** Who came first. */
  get first(): T | undefined {
    return this.#first?.item;
  }

  /** Adds one behind the last. @returns What {@linkcode remove} takes. */
  push(item: T): Place<T> {
    const place: Place<T> = { item, before: this.#last, behind: undefined, gone: false };
    if (this.#last === undefined) this.#first = place;
    else this.#last.behind = place;
    this.#last = place;
    this.#size++;
    return place;
  }

  /** Takes out who came first. */
  shift(): T | undefined {
    const first = this.#first;
    if (first !== undefined) this.remove(first);
    return first?.item;
  }

  /** Takes one out, if it stands there. */
  remove(place: Place<T>): void {
    if (place.gone) return;
    place.gone = true;
    const { before, behind } = place;
    if (before === undefined) this.#first = behind;
    else before.behind = behind;
    if (behind === undefined) this.#last = before;
    else behind.before = before;
    // Who keeps the place must not keep all that came behind it.
    place.before = place.behind = undefined;
    this.#size--;
  }

  /** Those that stand in it, the first first. The one that was given last may leave meanwhile. */
  *[Symbol.iterator](): Generator<T> {
    for (let place = this.#first, next; place !== undefined; place = next) {
      next = place.behind;
      yield place.item;
    }
  }
}
