/**
 * What only a user's tests need, as deps.ts does for the library.
 *
 * @module
 */

/** Replaces the timers and `Date` of the process. Deno below 2.9 has no `mock.timers` of node:test. */
export { install as installTimers } from "npm:@sinonjs/fake-timers@15.5.0";
