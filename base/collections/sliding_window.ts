/** The window moves on by one of these parts at a time. */
const WINDOW_SLOTS = 10;

/**
 * Counts the calls that succeeded and failed within a window of time, exact to a tenth of it. Times are milliseconds
 * that never go back.
 */
export class SlidingWindow {
  /** The length of the window, in milliseconds. */
  readonly length: number;
  /**
   * Successes at even indexes, failures at odd ones. Undefined before the first call, because many instances never have
   * one.
   */
  #slots: Uint32Array | undefined;
  #now = 0;
  /** The end of the current slot, in milliseconds. */
  #slotEnd = 0;
  /** Successes within the window, as of the last {@linkcode add} or {@linkcode advance}. */
  succeeded = 0;
  /** Failures within the window. */
  failed = 0;

  /** @param length In milliseconds. */
  constructor(length: number) {
    this.length = length;
  }

  /** All calls within the window. */
  get total(): number {
    return this.succeeded + this.failed;
  }

  add(failed: boolean, now: number): void {
    this.advance(now);
    this.#slots ??= new Uint32Array(2 * WINDOW_SLOTS);
    this.#slots[this.#now % WINDOW_SLOTS * 2 + Number(failed)]!++;
    if (failed) this.failed++;
    else this.succeeded++;
  }

  /** Forgets calls that are older than the window. */
  advance(now: number): void {
    if (now >= this.#slotEnd) this.#moveTo(Math.floor(now * WINDOW_SLOTS / this.length));
  }

  /** Subtracts the calls of a part, which this window has counted too, and empties the part. */
  release(part: SlidingWindow): void {
    part.#moveTo(this.#now);
    if (this.#slots === undefined || part.#slots === undefined) return;
    for (let at = 0; at < 2 * WINDOW_SLOTS; at++) this.#slots[at]! -= part.#slots[at]!;
    this.succeeded -= part.succeeded;
    this.failed -= part.failed;
    part.#slots.fill(0);
    part.succeeded = part.failed = 0;
  }

  #moveTo(slot: number): void {
    if (this.#slots !== undefined) {
      for (let at = Math.max(this.#now + 1, slot - WINDOW_SLOTS + 1); at <= slot; at++) {
        const place = at % WINDOW_SLOTS * 2;
        this.succeeded -= this.#slots[place]!;
        this.failed -= this.#slots[place + 1]!;
        this.#slots[place] = this.#slots[place + 1] = 0;
      }
    }
    this.#now = Math.max(this.#now, slot);
    this.#slotEnd = (this.#now + 1) * this.length / WINDOW_SLOTS;
  }
}
