import { setImmediate } from "node:timers";
import { fakeClock } from "../testing/clock.ts";

/**
 * Runs a test whose time stands still until it lets time pass.
 *
 * @param run Takes the function that lets so many milliseconds pass, one by one, with all that becomes of it.
 */
export async function withFakeTime(run: (pass: (ms: number) => Promise<void>) => Promise<void>): Promise<void> {
  using clock = fakeClock();
  await run((ms) => clock.pass(ms));
}

/** Resolves when what can happen without time has happened. */
export const settled = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));
