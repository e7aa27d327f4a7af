/** What stands in a {@linkcode Heap}. */
export interface Heaped {
  /** Its place, the heap's own; undefined if it is not there. */
  place?: number;
}

/** A binary heap by time, from the middle of which something can be taken as well. All of it takes O(log n). */
export class Heap<T extends Heaped> {
  readonly #timeOf: (one: T) => number;
  #items: T[] = [];

  /** @param timeOf The time of one, which stays the same while it is there. */
  constructor(timeOf: (one: T) => number) {
    this.#timeOf = timeOf;
  }

  /** What stands in it, the earliest first, the others in any order. */
  get items(): readonly T[] {
    return this.#items;
  }

  /** The earliest. */
  get first(): T | undefined {
    return this.#items[0];
  }

  /** Adds one. */
  add(one: T): void {
    this.#rise(one, this.#items.length);
  }

  /** Takes one out, if it is there. */
  remove(one: T): void {
    const { place } = one;
    if (place === undefined) return;
    one.place = undefined;
    const last = this.#items.pop()!;
    if (last === one) return;
    const above = this.#items[(place - 1) >> 1];
    if (above !== undefined && this.#timeOf(above) > this.#timeOf(last)) this.#rise(last, place);
    else this.#sink(last, place);
  }

  /** Takes out all. */
  clear(): void {
    for (const one of this.#items) one.place = undefined;
    this.#items = [];
  }

  /** Puts all in order again: their times have changed. */
  reorder(): void {
    for (let place = (this.#items.length >> 1) - 1; place >= 0; place--) this.#sink(this.#items[place]!, place);
  }

  /** Puts one at a place that is free, or above it: behind those that are earlier. */
  #rise(one: T, place: number): void {
    const time = this.#timeOf(one);
    while (place > 0) {
      const above = (place - 1) >> 1;
      const parent = this.#items[above]!;
      if (this.#timeOf(parent) <= time) break;
      this.#put(parent, place);
      place = above;
    }
    this.#put(one, place);
  }

  /** Puts one at a place that is free, or below it: before those that are later. */
  #sink(one: T, place: number): void {
    const items = this.#items;
    const time = this.#timeOf(one);
    for (;;) {
      let below = 2 * place + 1;
      if (below >= items.length) break;
      if (below + 1 < items.length && this.#timeOf(items[below + 1]!) < this.#timeOf(items[below]!)) below++;
      const child = items[below]!;
      if (this.#timeOf(child) >= time) break;
      this.#put(child, place);
      place = below;
    }
    this.#put(one, place);
  }

  #put(one: T, place: number): void {
    this.#items[place] = one;
    one.place = place;
  }
}
