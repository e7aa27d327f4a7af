/** The window moves in so many steps. */
const WINDOW_SLOTS = 10;

/**
 * How many calls succeeded and failed of late: within the window, to a tenth of it. Times are milliseconds of a clock
 * that never goes back.
 */
export class SlidingWindow {
  readonly #step: number;
  /**
   * Successes at even places, failures at odd ones; undefined before the first, as there may be many that never have
   * one.
   */
  #slots: Uint32Array | undefined;
  #now = 0;
  /** Those of the window, as of the last call of {@linkcode add} or {@linkcode advance}. */
  succeeded = 0;
  failed = 0;

  /** Makes an empty one of a length in milliseconds. */
  constructor(length: number) {
    this.#step = length / WINDOW_SLOTS;
  }

  /** How many there are. */
  get total(): number {
    return this.succeeded + this.failed;
  }

  /** Counts a call. */
  add(failed: boolean, now: number): void {
    this.advance(now);
    this.#slots ??= new Uint32Array(2 * WINDOW_SLOTS);
    this.#slots[this.#now % WINDOW_SLOTS * 2 + Number(failed)]!++;
    if (failed) this.failed++;
    else this.succeeded++;
  }

  /** Forgets what is older than the window. */
  advance(now: number): void {
    this.#moveTo(Math.floor(now / this.#step));
  }

  /** Takes the calls of another window out of this one, where they were counted too, and empties that. */
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
    if (this.#slots === undefined) return void (this.#now = Math.max(this.#now, slot));
    for (let at = Math.max(this.#now + 1, slot - WINDOW_SLOTS + 1); at <= slot; at++) {
      const place = at % WINDOW_SLOTS * 2;
      this.succeeded -= this.#slots[place]!;
      this.failed -= this.#slots[place + 1]!;
      this.#slots[place] = this.#slots[place + 1] = 0;
    }
    this.#now = Math.max(this.#now, slot);
  }
}
