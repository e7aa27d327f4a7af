import { mock } from "node:test";
import { setImmediate } from "node:timers";

/**
 * Runs a test whose `setTimeout` and `performance.now` stand still until it lets time pass.
 *
 * @param run Takes the function that lets so many milliseconds pass, one by one, with all that becomes of it.
 */
export async function withFakeTime(run: (pass: (ms: number) => Promise<void>) => Promise<void>): Promise<void> {
  const real = performance.now;
  let now = 1_000_000;
  performance.now = () => now;
  mock.timers.enable({ apis: ["setTimeout"] });
  try {
    await run(async (ms) => {
      for (let i = 0; i < ms; i++) {
        now++;
        mock.timers.tick(1);
        await settled();
      }
    });
  } finally {
    mock.timers.reset();
    performance.now = real;
  }
}

/** Resolves when what can happen without time has happened. */
export const settled = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));
