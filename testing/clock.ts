import { clearImmediate, setImmediate } from "node:timers";
import { installTimers } from "./deps.ts";

/** A clock that stands still until the test advances it. */
export interface FakeClock extends Disposable {
  /** The time of the clock, in milliseconds since 1970. */
  readonly now: number;
  /**
   * Advances the clock, one millisecond at a time. After each step, timers that are due run, with everything that
   * follows from them.
   *
   * @param milliseconds The number of milliseconds, a whole number.
   * @param ending A promise that settles during that time, such as a call. It is awaited as well, so that its failure
   * fails the test.
   * @returns The value of `ending`.
   * @throws {RangeError} If `milliseconds` is not a whole number.
   * @throws {Error} If `ending` is still pending afterwards; or the reason with which it rejects.
   */
  pass<T = void>(milliseconds: number, ending?: PromiseLike<T>): Promise<T>;
}

/**
 * Stops the time of the whole process: `setTimeout`, `setInterval`, `Date` and `performance.now()`. All deadlines,
 * backoffs, breakers and policies of the kit use them. A timer of 0 ms still fires, in the next turn of the event loop.
 * `using` restores real time.
 *
 * Use it for calls in memory: a real network does not wait for the clock. `AbortSignal.timeout` and `Deno.cron` do not
 * use the fake clock; use `timeout` or `deadline` of a call instead. In Deno 2.5, each millisecond takes about as long
 * as a real one.
 *
 * @example A deadline of ten seconds that passes at once.
 * ```ts
 * import { Status } from "../mod.ts";
 * import { assertRpcError, fakeClock, testPair } from "./mod.ts";
 * import { EchoService } from "../proto/echo.ts";
 *
 * using clock = fakeClock();
 * await using echo = await testPair(EchoService, {});
 * echo.faults.inject({ hang: true });
 * const late = assertRpcError(echo.client.echo({ mes: "" }, { timeout: 10_000 }), { code: Status.DEADLINE_EXCEEDED });
 * await clock.pass(10_000, late);
 * ```
 *
 * @throws {TypeError} If a fake clock is already running.
 */
export function fakeClock(): FakeClock {
  if (running) {
    throw new TypeError(
      "fakeClock: another one is running; end it first, best by `using clock = fakeClock()`. " +
        "If a test before this one never ended, it awaits what takes time without clock.pass()",
    );
  }
  running = true;
  const replaced = { setTimeout, clearTimeout, setInterval, clearInterval, Date };
  const real = performance.now;
  // A whole number, so that sums of milliseconds are exact.
  let now = Math.ceil(real.call(performance));
  const timers = installTimers({
    now: Date.now(),
    toFake: ["setTimeout", "clearTimeout", "setInterval", "clearInterval", "Date"],
    shouldClearNativeTimers: true,
  });
  keepTurns();
  performance.now = () => now;
  return {
    get now() {
      return Date.now();
    },
    async pass<T>(milliseconds: number, ending?: PromiseLike<T>): Promise<T> {
      const end = ending && endOf(ending);
      if (!(Number.isInteger(milliseconds) && milliseconds >= 0)) {
        throw new RangeError(`pass: ${milliseconds} is no whole number of milliseconds`);
      }
      await settled();
      for (let i = 0; i < milliseconds; i++) {
        now++;
        timers.tick(1);
        await settled();
      }
      const enough = real.call(performance) + REAL_TIMEOUT_MS;
      while (end?.pending && real.call(performance) < enough) await settled();
      if (!end?.pending) return end?.promise as Promise<T>;
      throw new Error(`pass: ${milliseconds} ms have passed, and what should have ended by then is still pending`);
    },
    [Symbol.dispose]() {
      timers.uninstall();
      // In Deno 2.5, npm packages see timers of their own kind, and the library would leave those here.
      Object.assign(globalThis, replaced);
      performance.now = real;
      running = false;
    },
  };
}

let running = false;

/** How long work that needs no more fake time may take in real time. */
const REAL_TIMEOUT_MS = 1000;

/** Watches a promise and marks its rejection as handled: {@linkcode FakeClock.pass} throws it. */
function endOf<T>(promise: PromiseLike<T>): { readonly promise: PromiseLike<T>; pending: boolean } {
  const end = { promise, pending: true };
  const ended = () => void (end.pending = false);
  promise.then(ended, ended);
  return end;
}

/**
 * Lets timers of 0 ms fire by themselves. They are turns of the event loop, and a stopping server waits for one. All
 * timers get numbers for names, as `Deno.unrefTimer()` of Deno 2.5 takes nothing else.
 */
function keepTurns(): void {
  const { setTimeout: set, clearTimeout: clear, setInterval: repeat } = globalThis;
  const turns = new Map<number, ReturnType<typeof setImmediate>>();
  let last = 0;
  globalThis.setTimeout = Object.assign((fn: () => void, delay = 0, ...args: []) => {
    if (delay > 0) return Number(set(fn, delay, ...args));
    const turn = --last;
    turns.set(turn, setImmediate(() => turns.delete(turn) && fn(...args)));
    return turn;
  }, set);
  globalThis.setInterval = Object.assign(
    (fn: () => void, delay?: number, ...args: []) => Number(repeat(fn, delay, ...args)),
    repeat,
  );
  globalThis.clearTimeout = (timer) => {
    const turn = turns.get(Number(timer));
    if (turn === undefined) return clear(timer);
    clearImmediate(turn);
    turns.delete(Number(timer));
  };
}

/** Resolves when all work that needs no time is done. `setImmediate` is not stopped. */
const settled = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));
