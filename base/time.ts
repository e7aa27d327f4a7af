/**
 * The kit's clocks and timers. Durations use `performance.now()`, which never goes back; a moment is a value of it, in
 * milliseconds. The time of day is only for users, because the system clock may be set at any time. `deno lint` rejects
 * timers and times of day in other files (`_tools/time_rule.ts`).
 *
 * @module
 */

import { outsideScopes } from "./outside_scopes.ts";

/**
 * The longest time that a timer of the runtime takes, in milliseconds: 24.8 days. With 2 ** 31 or more it would fire at
 * once.
 */
export const LONGEST_TIMER_MS = 2_147_483_000;

/**
 * Converts a moment to a time of day, in whole milliseconds since 1970.
 *
 * @param moment The moment. Now by default.
 * @param now The value of `performance.now()`, if the caller has it already.
 */
export function timeOfDay(moment?: number, now?: number): number {
  return moment === undefined ? Date.now() : Math.floor(originAt(now ?? performance.now()) + moment + INEXACT_MS);
}

/**
 * Converts a time of day to a moment, in milliseconds of `performance.now()`.
 *
 * @param now The value of `performance.now()`, if the caller has it already.
 */
export function momentOf(timeOfDay: number, now = performance.now()): number {
  return timeOfDay - originAt(now);
}

/** The upper bound of the rounding error of a time of day plus a moment, in milliseconds. */
const INEXACT_MS = 1e-3;
/** The time of day at moment 0, by the current setting of the clock. */
let origin = -Infinity;

/**
 * Returns `origin`, and updates it first if the clock was set. `Date.now()` rounds down to a millisecond, so the
 * measured value is up to 1 ms too early, and the largest one measured is the best.
 */
function originAt(now: number): number {
  if (!isNear(Date.now() - now)) {
    // The order matters: if the process is suspended between the two reads, the measured value is too early and never
    // too late.
    const time = Date.now(), measured = time - performance.now();
    if (!isNear(measured)) origin = measured;
  }
  return origin;
}

const isNear = (measured: number) => measured <= origin && measured > origin - 1;

/**
 * Runs `fn` once after a time of any length.
 *
 * @param ms The time, in milliseconds. With Infinity, `fn` never runs.
 * @param keepsAlive Whether the timer keeps the process alive. True by default.
 * @returns A function that stops the timer.
 */
export function after(ms: number, fn: () => void, keepsAlive = true): () => void {
  let timer: ReturnType<typeof setTimeout>;
  const arm = (left: number) => {
    const fires = left <= LONGEST_TIMER_MS;
    timer = fires ? setTimeout(fn, left) : setTimeout(() => arm(left - LONGEST_TIMER_MS), LONGEST_TIMER_MS);
    if (!keepsAlive) Deno.unrefTimer(timer);
  };
  arm(ms);
  return () => clearTimeout(timer);
}

/**
 * Runs `fn` repeatedly, outside of every async context.
 *
 * @param ms The interval, in milliseconds: at most {@linkcode LONGEST_TIMER_MS}.
 * @param keepsAlive Whether the timer keeps the process alive. True by default.
 * @returns A function that stops the timer.
 */
export function every(ms: number, fn: () => void, keepsAlive = true): () => void {
  const timer = outsideScopes(() => setInterval(fn, Math.min(ms, LONGEST_TIMER_MS)));
  if (!keepsAlive) Deno.unrefTimer(timer);
  return () => clearInterval(timer);
}

/**
 * Returns a signal that aborts with a `TimeoutError` after `ms` milliseconds, at most {@linkcode LONGEST_TIMER_MS}. It
 * does not keep the process alive.
 */
export const abortsAfter = (ms: number): AbortSignal => AbortSignal.timeout(Math.min(ms, LONGEST_TIMER_MS));
