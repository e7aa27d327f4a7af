import { clearImmediate, setImmediate } from "node:timers";
import { after } from "../../base/time.ts";

/** A clock with timers. Tests use a fake one. */
export interface Clock {
  /** Returns the time in milliseconds. It never goes back. */
  now(): number;
  /**
   * Runs `fn` once after a time in milliseconds. The timer does not keep the process alive.
   *
   * @returns A function that stops the timer.
   */
  after(milliseconds: number, fn: () => void): () => void;
  /**
   * Runs `fn` once after a time in milliseconds, at the end of that turn of the event loop: after all timers that are
   * due and all sockets that are ready.
   */
  afterTurn(milliseconds: number, fn: () => void): () => void;
}

/** The clock of this process. */
export const CLOCK: Clock = {
  now: () => performance.now(),
  after: (milliseconds, fn) => after(milliseconds, fn, false),
  afterTurn(milliseconds, fn) {
    let immediate: ReturnType<typeof setImmediate> | undefined;
    const cancel = CLOCK.after(milliseconds, () => immediate = setImmediate(fn));
    return () => {
      cancel();
      clearImmediate(immediate);
    };
  },
};
