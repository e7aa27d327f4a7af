/**
 * Limits how long messages are read in one turn of the event loop. A reader of available messages waits only for
 * microtasks, so timers, other sockets and health checks would wait for all messages, and a peer may send millions of
 * empty ones.
 *
 * @module
 */

import { setImmediate } from "node:timers";
import { outsideScopes } from "../../../base/outside_scopes.ts";

/** How long messages may be read in one turn, in milliseconds. */
const MAX_TURN_MS = 20;
/** How many messages are read between two looks at the clock. */
const MESSAGES_PER_CLOCK_READ = 64;

/** When the turn began, in milliseconds of `performance.now()`: at the last read of a socket. */
let began = 0;
let taken = 0;
/** Resolves in the next turn; undefined while this turn has time left. */
let next: Promise<void> | undefined;

/** Notes that a socket was read, which is a turn of its own. */
export function turnBegins(now: number): void {
  began = now;
}

/**
 * To be called for each message that is read. Returns a promise if the turn has lasted long enough: the reader must
 * wait for it.
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
