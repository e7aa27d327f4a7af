/**
 * The kit's clocks. Durations go by `performance.now()`, which never goes back: a moment is a number of its
 * milliseconds. The time of day is for users only, as somebody may set it. `deno lint` refuses timers and times of day
 * elsewhere (`_tools/time_rule.ts`).
 *
 * @module
 */

import { outsideScopes } from "./outside_scopes.ts";

/**
 * The longest time that is given to a timer of the runtime, in milliseconds: 24.8 days. From 2 ** 31 on it would ring
 * at once.
 */
export const LONGEST_TIMER_MS = 2_147_483_000;

/**
 * A moment as users see it: whole milliseconds since 1970.
 *
 * @param moment The moment. Now by default.
 * @param now What `performance.now()` says, for who has asked it.
 */
export function timeOfDay(moment?: number, now?: number): number {
  return moment === undefined ? Date.now() : Math.floor(originAt(now ?? performance.now()) + moment + INEXACT_MS);
}

/**
 * The moment of a time of day, in milliseconds of `performance.now()`.
 *
 * @param now What `performance.now()` says, for who has asked it.
 */
export function momentOf(timeOfDay: number, now = performance.now()): number {
  return timeOfDay - originAt(now);
}

/** Sums of a time of day and a moment are inexact by less than this, in milliseconds. */
const INEXACT_MS = 1e-3;
/** The time of day at moment 0, as the clock is set. */
let origin = -Infinity;

/**
 * It, at a moment that has just been. `Date.now()` cuts off a part of a millisecond, so that of what is seen within one
 * the latest is right.
 */
function originAt(now: number): number {
  if (!isNear(Date.now() - now)) {
    // In this order: if the process is held up between the two, what is seen is too early rather than too late.
    const time = Date.now(), seen = time - performance.now();
    if (!isNear(seen)) origin = seen;
  }
  return origin;
}

const isNear = (seen: number) => seen <= origin && seen > origin - 1;

/**
 * Runs `fn` once after a time of any length.
 *
 * @param ms How long, in milliseconds. Infinity for never.
 * @param keepsAlive Whether the process waits for it. True by default.
 * @returns What stops the timer.
 */
export function after(ms: number, fn: () => void, keepsAlive = true): () => void {
  let timer: ReturnType<typeof setTimeout>;
  const arm = (left: number) => {
    const rings = left <= LONGEST_TIMER_MS;
    timer = rings ? setTimeout(fn, left) : setTimeout(() => arm(left - LONGEST_TIMER_MS), LONGEST_TIMER_MS);
    if (!keepsAlive) Deno.unrefTimer(timer);
  };
  arm(ms);
  return () => clearTimeout(timer);
}

/**
 * Runs `fn` again and again, outside of every async context.
 *
 * @param ms How long it waits between, in milliseconds: at most {@linkcode LONGEST_TIMER_MS}.
 * @param keepsAlive Whether the process waits for it. True by default.
 * @returns What ends that.
 */
export function every(ms: number, fn: () => void, keepsAlive = true): () => void {
  const timer = outsideScopes(() => setInterval(fn, Math.min(ms, LONGEST_TIMER_MS)));
  if (!keepsAlive) Deno.unrefTimer(timer);
  return () => clearInterval(timer);
}

/**
 * A signal that aborts with a `TimeoutError` after a time, at most {@linkcode LONGEST_TIMER_MS}. The process does not
 * wait for it.
 */
export const abortsAfter = (ms: number): AbortSignal => AbortSignal.timeout(Math.min(ms, LONGEST_TIMER_MS));
