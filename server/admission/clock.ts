import { clearImmediate, setImmediate } from "node:timers";
import { after } from "../../base/time.ts";

/** The time, as far as it passes: a test has its own. */
export interface Clock {
  /** Milliseconds, which never go back. */
  now(): number;
  /**
   * Runs `fn` once after so many milliseconds. It does not keep the process alive.
   *
   * @returns What takes that back.
   */
  after(milliseconds: number, fn: () => void): () => void;
  /**
   * The same at the end of the event loop's turn: when all timers that were due and all sockets that were ready have
   * been looked at.
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
