import type { Clock } from "./clock.ts";

/**
 * How far the event loop is behind. One thread serves all calls, so while it is busy they wait where nobody sees them: in the sockets, and in
 * the octets of the turn that have been read and not handled. A timer, and the end of the turn in which it fires, tell how long turns take that
 * are longer than its interval, for next to nothing. (The timer alone does not: all that are due are handled before the sockets are looked at,
 * however long that takes, and ours is one of them.) It runs only while there are calls.
 */
export class EventLoop {
  readonly #interval: number;
  readonly #clock: Clock;
  readonly #onTurn: (took: number) => void;
  readonly #tick = (): void => this.#turned();
  #cancel: (() => void) | undefined;
  #used = false;
  #strained = false;
  /** When this turn began. */
  #began = 0;
  /** How long the turn before it took, beyond the interval. */
  #before = 0;
  /** When it last had nothing to catch up with. */
  #idle = 0;

  /**
   * Makes one.
   *
   * @param interval What is too short to matter, in milliseconds.
   * @param clock The time.
   * @param onTurn Told how long a turn took, in milliseconds; short ones in a row count as one.
   */
  constructor(interval: number, clock: Clock, onTurn: (took: number) => void) {
    this.#interval = interval;
    this.#onTurn = onTurn;
    this.#clock = clock;
  }

  /** How long a call that is handled now has waited, in milliseconds: this turn so far, and half of the one before, in which it came. */
  waited(now: number): number {
    this.#used = true;
    if (this.#cancel === undefined) this.#start(now);
    return now - this.#began + this.#before / 2;
  }

  /** A call was refused: a turn that is short because of that is no rest. */
  refused(): void {
    this.#strained = true;
  }

  /** For how long it has been behind without a break, in milliseconds. */
  behind(now: number): number {
    return now - this.#idle;
  }

  /** Ends the timer. */
  close(): void {
    this.#cancel?.();
    this.#cancel = undefined;
  }

  #start(now: number): void {
    this.#began = this.#idle = now;
    this.#before = 0;
    this.#cancel = this.#clock.afterTurn(this.#interval, this.#tick);
  }

  #turned(): void {
    const now = this.#clock.now();
    this.#before = Math.max(0, now - this.#began - this.#interval);
    this.#began = now;
    if (this.#before < this.#interval && !this.#strained) this.#idle = now;
    this.#strained = false;
    this.#onTurn(this.#before);
    this.#cancel = this.#used ? this.#clock.afterTurn(this.#interval, this.#tick) : undefined;
    this.#used = false;
  }
}
