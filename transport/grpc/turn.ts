/**
 * The turn of the event loop in which messages are taken. Whoever takes messages that are there already waits for
 * microtasks only: timers, other sockets and health checks would wait until the last of them is taken, and a peer may
 * send millions of empty ones.
 *
 * @module
 */

import { outsideScopes } from "../../base/outside_scopes.ts";

/** How long messages may be taken in one turn, in milliseconds. */
const MAX_TURN_MS = 20;
/** After how many messages it looks at the clock. */
const MESSAGES_PER_CLOCK_READ = 64;

/** When the turn began: the last read, in milliseconds of `performance.now()`. */
let began = 0;
let taken = 0;
/** Resolves in the next turn; undefined while there is time left in this one. */
let next: Promise<void> | undefined;

/** A socket was read: that is a turn of its own. */
export function turnBegins(now: number): void {
  began = now;
}

/**
 * To be called for each message that is taken. What it returns is to be awaited first: the turn has lasted long enough.
 */
export function turnOver(): Promise<void> | undefined {
  if (next !== undefined || ++taken % MESSAGES_PER_CLOCK_READ > 0) return next;
  if (performance.now() - began < MAX_TURN_MS) return undefined;
  return next = new Promise((resolve) =>
    outsideScopes(() =>
      setImmediate(() => {
        next = undefined;
        began = performance.now();
        resolve();
      })
    )
  );
}
