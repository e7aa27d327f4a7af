import { LONGEST_TIMER } from "../limits.ts";

/** What can be late. */
export interface Dated {
  /** When it is late, in milliseconds since 1970. */
  readonly deadline: number | undefined;
  /** It is late. */
  onLate(): void;
}

/** How exact deadlines are, in milliseconds. */
const TICK = 8;

/**
 * The deadlines of a connection's calls, behind one timer: a timer of its own for each call would cost more than the call.
 * Deadlines of one tick share a set. The timer stands for the earliest; a call that ends in time just leaves its set.
 */
export class Deadlines {
  readonly #ticks = new Map<number, Set<Dated>>();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #tick = Infinity;

  /** Adds what has a deadline. */
  add(one: Dated): void {
    const tick = Math.ceil(one.deadline! / TICK);
    const set = this.#ticks.get(tick);
    if (set) return void set.add(one);
    this.#ticks.set(tick, new Set([one]));
    if (tick < this.#tick) this.#arm(tick);
  }

  /** Removes what has ended in time. The timer stays: the next call needs it again, as like as not. */
  remove(one: Dated): void {
    const tick = Math.ceil(one.deadline! / TICK);
    const set = this.#ticks.get(tick);
    if (set?.delete(one) && set.size === 0) this.#ticks.delete(tick);
  }

  /** Ends the timer. */
  close(): void {
    clearTimeout(this.#timer);
    this.#ticks.clear();
  }

  #arm(tick: number): void {
    clearTimeout(this.#timer);
    this.#tick = tick;
    const wait = Math.min(Math.max(tick * TICK - Date.now(), 0), LONGEST_TIMER);
    this.#timer = setTimeout(() => this.#ring(), wait);
  }

  #ring(): void {
    const now = Math.floor(Date.now() / TICK);
    let next = Infinity;
    this.#tick = Infinity;
    for (const [tick, set] of [...this.#ticks]) {
      if (tick > now) next = Math.min(next, tick);
      else {
        this.#ticks.delete(tick);
        for (const one of set) one.onLate();
      }
    }
    if (next < this.#tick) this.#arm(next); // unless what is late has added an earlier one
  }
}
