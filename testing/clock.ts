import { mock } from "node:test";
import { clearImmediate, setImmediate } from "node:timers";

/** A clock that stands still until the test lets time pass. */
export interface FakeClock extends Disposable {
  /** What the clock shows, in milliseconds since 1970. */
  readonly now: number;
  /**
   * Lets time pass, one millisecond after the other, each with all that becomes of it.
   *
   * @param milliseconds How much: a whole number.
   * @param ending What takes that time, such as a call. It is awaited together with the time, so that its failure is
   * the test's.
   * @returns What `ending` resolves with.
   * @throws {RangeError} If it is no whole number.
   * @throws {Error} If `ending` is still pending when the time has passed; or what it rejects with.
   */
  pass<T = void>(milliseconds: number, ending?: PromiseLike<T>): Promise<T>;
}

/**
 * Stops the time of the whole process: `setTimeout`, `setInterval`, `Date` and `performance.now()`, by which all
 * deadlines, backoffs, breakers and policies of the kit go. A timer of 0 ms still rings, in the next turn. `using`
 * starts time again. It is for calls in memory: a network does not wait for it, and `AbortSignal.timeout` (use
 * `timeout` or `deadline` of a call) and `Deno.cron` don't go by it.
 *
 * @example A deadline of ten seconds, at once.
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
 * @throws {TypeError} If there is one already.
 */
export function fakeClock(): FakeClock {
  if (running) {
    throw new TypeError(
      "fakeClock: another one is running; end it first, best by `using clock = fakeClock()`. " +
        "If a test before this one never ended, it awaits what takes time without clock.pass()",
    );
  }
  running = true;
  const real = performance.now;
  // Whole, so that sums of milliseconds are exact.
  let now = Math.ceil(real.call(performance));
  mock.timers.enable({ apis: ["setTimeout", "setInterval", "Date"], now: Date.now() });
  const release = keepTurns();
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
        mock.timers.tick(1);
        await settled();
      }
      const enough = real.call(performance) + REAL_TIMEOUT_MS;
      while (end?.pending && real.call(performance) < enough) await settled();
      if (!end?.pending) return end?.promise as Promise<T>;
      throw new Error(`pass: ${milliseconds} ms have passed, and what should have ended by then is still pending`);
    },
    [Symbol.dispose]() {
      release();
      mock.timers.reset();
      performance.now = real;
      running = false;
    },
  };
}

let running = false;

/** How long what needs no more time of the fake clock may take of the real one, in milliseconds. */
const REAL_TIMEOUT_MS = 1000;

/** Watches a promise. Its rejection counts as handled: whoever passes time throws it. */
function endOf<T>(promise: PromiseLike<T>): { readonly promise: PromiseLike<T>; pending: boolean } {
  const end = { promise, pending: true };
  const ended = () => void (end.pending = false);
  promise.then(ended, ended);
  return end;
}

/** Has timers of 0 ms ring by themselves: they are turns of the event loop, and a server that stops waits for one. */
function keepTurns(): () => void {
  const { setTimeout: set, clearTimeout: clear } = globalThis;
  const turns = new Set<unknown>();
  globalThis.setTimeout = Object.assign((fn: () => void, delay = 0, ...args: []) => {
    if (delay > 0) return set(fn, delay, ...args);
    const turn = setImmediate(() => turns.delete(turn) && fn(...args));
    turns.add(turn);
    return turn as unknown as ReturnType<typeof set>;
  }, set);
  globalThis.clearTimeout = (timer) => turns.delete(timer) ? clearImmediate(timer as never) : clear(timer);
  return () => void Object.assign(globalThis, { setTimeout: set, clearTimeout: clear });
}

/** Resolves when what can happen without time has happened: `setImmediate` is not stopped. */
const settled = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));
