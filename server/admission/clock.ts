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
}

/** The clock of this process. */
export const CLOCK: Clock = {
  now: () => performance.now(),
  after(milliseconds, fn) {
    const timer = setTimeout(fn, milliseconds);
    Deno.unrefTimer(timer);
    return () => clearTimeout(timer);
  },
};
