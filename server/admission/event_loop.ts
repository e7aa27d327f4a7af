import type { Clock } from "./clock.ts";

/**
 * How far the event loop is behind. One thread serves all calls, so while it is busy they wait where nobody sees them:
 * in the sockets, and in the octets of the turn that have been read and not handled. A timer, and the end of the turn
 * in which it fires, tell how long turns take that are longer than its interval, for next to nothing. (The timer alone
 * does not: all that are due are handled before the sockets are looked at, however long that takes, and ours is one of
 * them.) It runs only while there are calls.
 */
export class EventLoop {
  readonly #interval: number;
  readonly #clock: Clock;
  readonly #pause: number;
  readonly #onTurn: (took: number, work: number) => void;
  readonly #tick = (): void => this.#turned();
  #cancel: (() => void) | undefined;
  #used = false;
  #strained = false;
  /** When this turn began. */
  #began = 0;
  /** How long the turn before it took, beyond the interval. */
  #before = 0;
  /** When it came behind: at the end of the first turn that took long. Undefined while it rests. */
  #since: number | undefined;
  #looked = 0;
  /** How long it has stood still in this turn, and in the one before. */
  #stood = 0;
  #stoodBefore = 0;

  /**
   * Makes one.
   *
   * @param interval What is too short to matter, in milliseconds.
   * @param pause What is too long between two looks to be the work of many calls: a handler that blocks, or a process
   * that was stopped.
   * @param clock The time.
   * @param onTurn Told how long a turn took, in milliseconds, and how much of it without such pauses; short ones in a
   * row count as one.
   */
  constructor(interval: number, pause: number, clock: Clock, onTurn: (took: number, work: number) => void) {
    this.#interval = interval;
    this.#pause = pause;
    this.#onTurn = onTurn;
    this.#clock = clock;
  }

  /**
   * How long a call that is handled now has waited, in milliseconds: this turn so far, and half of the one before, in
   * which it came.
   */
  waited(now: number): number {
    this.#used = true;
    if (this.#cancel === undefined) this.#start(now);
    this.look(now);
    return now - this.#began + this.#before / 2;
  }

  /** How much of that it has waited for many others. */
  worked(now: number): number {
    return now - this.#began - this.#stood + (this.#before - this.#stoodBefore) / 2;
  }

  /** To be called now and then while calls are handled, to tell many from one that takes long. */
  look(now: number): void {
    const pause = now - this.#looked;
    if (pause > this.#pause) this.#stood += pause;
    this.#looked = now;
  }

  /** A call was refused: a turn that is short because of that is no rest. */
  refused(): void {
    this.#strained = true;
  }

  /** For how long it has been behind without a break, in milliseconds, the first turn that took long left out. */
  behind(now: number): number {
    return this.#since === undefined ? 0 : now - this.#since;
  }

  /** Ends the timer. */
  close(): void {
    this.#cancel?.();
    this.#cancel = undefined;
  }

  #start(now: number): void {
    this.#began = this.#looked = now;
    this.#before = this.#stood = this.#stoodBefore = 0;
    this.#since = undefined;
    this.#cancel = this.#clock.afterTurn(this.#interval, this.#tick);
  }

  #turned(): void {
    const now = this.#clock.now();
    this.look(now);
    this.#before = Math.max(0, now - this.#began - this.#interval);
    this.#stoodBefore = Math.min(this.#stood, this.#before);
    this.#began = now;
    this.#stood = 0;
    if (this.#before < this.#interval && !this.#strained) this.#since = undefined;
    else this.#since ??= now;
    this.#strained = false;
    this.#onTurn(this.#before, this.#before - this.#stoodBefore);
    this.#cancel = this.#used ? this.#clock.afterTurn(this.#interval, this.#tick) : undefined;
    this.#used = false;
  }
}
