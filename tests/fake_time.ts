import { setImmediate } from "node:timers";
import { fakeClock } from "../testing/clock.ts";

/**
 * Runs a test with a fake clock, which only the test moves.
 *
 * @param run Receives a function that advances the clock by a number of milliseconds, one by one, and lets all effects
 * happen.
 */
export async function withFakeTime(run: (pass: (ms: number) => Promise<void>) => Promise<void>): Promise<void> {
  using clock = fakeClock();
  await run((ms) => clock.pass(ms));
}

/** Resolves when what can happen without time has happened. */
export const settled = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));
