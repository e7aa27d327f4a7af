/** An item of a {@linkcode Heap}. */
export interface Heaped {
  /** The index of the item in the heap; undefined if it is not in a heap. Only the heap sets it. */
  place?: number;
}

/** A binary heap ordered by time. Items can be removed from the middle. Adding and removing take O(log n). */
export class Heap<T extends Heaped> {
  readonly #timeOf: (item: T) => number;
  #items: T[] = [];

  /**
   * @param timeOf Returns the time of an item. It must not change while the item is in the heap, except before
   * {@linkcode reorder}.
   */
  constructor(timeOf: (item: T) => number) {
    this.#timeOf = timeOf;
  }

  /** The items. The earliest is first; the others have no order. */
  get items(): readonly T[] {
    return this.#items;
  }

  /** The earliest item. */
  get first(): T | undefined {
    return this.#items[0];
  }

  /** Adds an item. */
  add(item: T): void {
    this.#rise(item, this.#items.length);
  }

  /** Removes an item, if it is in the heap. */
  remove(item: T): void {
    const { place } = item;
    if (place === undefined) return;
    item.place = undefined;
    const last = this.#items.pop()!;
    if (last === item) return;
    const above = this.#items[(place - 1) >> 1];
    if (above !== undefined && this.#timeOf(above) > this.#timeOf(last)) this.#rise(last, place);
    else this.#sink(last, place);
  }

  /** Removes all items. */
  clear(): void {
    for (const item of this.#items) item.place = undefined;
    this.#items = [];
  }

  /** Restores the order after the times of items have changed. */
  reorder(): void {
    for (let place = (this.#items.length >> 1) - 1; place >= 0; place--) this.#sink(this.#items[place]!, place);
  }

  /** Puts an item at a free place or above it, below the items that are earlier. */
  #rise(item: T, place: number): void {
    const time = this.#timeOf(item);
    while (place > 0) {
      const above = (place - 1) >> 1;
      const parent = this.#items[above]!;
      if (this.#timeOf(parent) <= time) break;
      this.#put(parent, place);
      place = above;
    }
    this.#put(item, place);
  }

  /** Puts an item at a free place or below it, above the items that are later. */
  #sink(item: T, place: number): void {
    const items = this.#items;
    const time = this.#timeOf(item);
    for (;;) {
      let below = 2 * place + 1;
      if (below >= items.length) break;
      if (below + 1 < items.length && this.#timeOf(items[below + 1]!) < this.#timeOf(items[below]!)) below++;
      const child = items[below]!;
      if (this.#timeOf(child) >= time) break;
      this.#put(child, place);
      place = below;
    }
    this.#put(item, place);
  }

  #put(item: T, place: number): void {
    this.#items[place] = item;
    item.place = place;
  }
}
