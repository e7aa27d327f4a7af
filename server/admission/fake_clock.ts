import type { Clock } from "./clock.ts";

interface Timer {
  readonly due: number;
  readonly fn: () => void;
  readonly endOfTurn: boolean;
}

/** A clock for tests, with the turns of an event loop. Its time passes only when the test says so. */
export class FakeClock implements Clock {
  time = 1000;
  #timers: Timer[] = [];
  #immediates: (() => void)[] = [];

  /** The number of pending timers. */
  get timers(): number {
    return this.#timers.length;
  }

  readonly now = (): number => this.time;

  after(milliseconds: number, fn: () => void, endOfTurn = false): () => void {
    const timer = { due: this.time + milliseconds, fn, endOfTurn };
    this.#timers.push(timer);
    return () => void (this.#timers = this.#timers.filter((pending) => pending !== timer));
  }

  afterTurn(milliseconds: number, fn: () => void): () => void {
    return this.after(milliseconds, fn, true);
  }

  /** Runs one turn: the timers that are due, then `ready`, then the functions for the end of the turn. */
  turn(ready: () => void = () => {}): void {
    const due = this.#timers.filter((timer) => timer.due <= this.time).sort((a, b) => a.due - b.due);
    this.#timers = this.#timers.filter((timer) => !due.includes(timer));
    for (const { fn, endOfTurn } of due) endOfTurn ? this.#immediates.push(fn) : fn();
    ready();
    const ends = this.#immediates;
    this.#immediates = [];
    for (const end of ends) end();
  }

  /** Lets time pass, and fires one timer after the other. */
  pass(milliseconds: number): void {
    const end = this.time + milliseconds;
    for (;;) {
      const next = Math.min(...this.#timers.map(({ due }) => due));
      if (next > end) break;
      this.time = Math.max(this.time, next);
      this.turn();
    }
    this.time = end;
  }
}
