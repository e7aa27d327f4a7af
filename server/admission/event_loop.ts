import type { Clock } from "./clock.ts";

/**
 * Measures the lag of the event loop. One thread serves all calls, so while it is busy, calls wait where no code sees
 * them: in the sockets, and in octets that were read but not handled yet. A timer together with the end of the turn in
 * which it fires measures the length of turns that are longer than its interval, at almost no cost. (The timer alone is
 * not enough: all timers that are due run before the sockets are read.) It runs only while there are calls.
 */
export class EventLoop {
  readonly #interval: number;
  readonly #clock: Clock;
  readonly #pause: number;
  readonly #onTurn: (took: number, work: number) => void;
  readonly #tick = (): void => this.#turned();
  #cancel: (() => void) | undefined;
  #used = false;
  #rejected = false;
  /** When the current turn began. */
  #began = 0;
  /** The length of the previous turn beyond the interval, in milliseconds. */
  #previousMs = 0;
  /** The end of the first of the long turns in a row; undefined while turns are short. */
  #behindSince: number | undefined;
  #lastLook = 0;
  /** The time of long pauses in the current turn, and in the previous one. */
  #pausesMs = 0;
  #previousPausesMs = 0;

  /**
   * @param interval The length of a turn that is too short to matter, in milliseconds.
   * @param pause The time between two readings of the clock that is too long to be the work of many calls, in
   * milliseconds. It means a handler that blocks, or a suspended process.
   * @param clock The clock.
   * @param onTurn Called after a turn with its length, and with its length without such pauses, in milliseconds.
   * Consecutive short turns count as one.
   */
  constructor(interval: number, pause: number, clock: Clock, onTurn: (took: number, work: number) => void) {
    this.#interval = interval;
    this.#pause = pause;
    this.#onTurn = onTurn;
    this.#clock = clock;
  }

  /**
   * Estimates how long a call that is handled now has waited, in milliseconds: the current turn so far, plus half of
   * the previous one, in which the call arrived.
   */
  waited(now: number): number {
    this.#used = true;
    if (this.#cancel === undefined) this.#start(now);
    this.look(now);
    return now - this.#began + this.#previousMs / 2;
  }

  /** Estimates the part of {@linkcode waited} in which many other calls were handled. */
  worked(now: number): number {
    return now - this.#began - this.#pausesMs + (this.#previousMs - this.#previousPausesMs) / 2;
  }

  /** Call it regularly while calls are handled. It distinguishes many calls from a single one that takes long. */
  look(now: number): void {
    const pause = now - this.#lastLook;
    if (pause > this.#pause) this.#pausesMs += pause;
    this.#lastLook = now;
  }

  /** Reports that a call was rejected. If the turn is short because of that, it still counts as long. */
  refused(): void {
    this.#rejected = true;
  }

  /** Returns how long turns have been long without a break, in milliseconds. The first long turn does not count. */
  behind(now: number): number {
    return this.#behindSince === undefined ? 0 : now - this.#behindSince;
  }

  /** Stops the timer. */
  close(): void {
    this.#cancel?.();
    this.#cancel = undefined;
  }

  #start(now: number): void {
    this.#began = this.#lastLook = now;
    this.#previousMs = this.#pausesMs = this.#previousPausesMs = 0;
    this.#behindSince = undefined;
    this.#cancel = this.#clock.afterTurn(this.#interval, this.#tick);
  }

  #turned(): void {
    const now = this.#clock.now();
    this.look(now);
    this.#previousMs = Math.max(0, now - this.#began - this.#interval);
    this.#previousPausesMs = Math.min(this.#pausesMs, this.#previousMs);
    this.#began = now;
    this.#pausesMs = 0;
    if (this.#previousMs < this.#interval && !this.#rejected) this.#behindSince = undefined;
    else this.#behindSince ??= now;
    this.#rejected = false;
    this.#onTurn(this.#previousMs, this.#previousMs - this.#previousPausesMs);
    this.#cancel = this.#used ? this.#clock.afterTurn(this.#interval, this.#tick) : undefined;
    this.#used = false;
  }
}
