import process from "node:process";
import { assert } from "@std/assert";

/** What takes less than this, in microseconds, is not compared: the clock is too coarse. */
const LEAST_US = 200;
/** How often it is measured, as long as the larger size takes too long: V8 compiles meanwhile, and a busy machine disturbs. */
const ATTEMPTS = 4;

/** The processor time of the fastest of five runs, in microseconds: other processes do not count. */
async function fastest(run: () => unknown): Promise<number> {
  let least = Infinity;
  for (let i = 0; i < 5; i++) {
    const start = process.cpuUsage();
    await run();
    const { user, system } = process.cpuUsage(start);
    least = Math.min(least, user + system);
  }
  return least;
}

/**
 * Fails if eight times the size takes more than 20 times the time.
 *
 * @param size The smaller size.
 * @param prepare Makes what is timed, for a size.
 */
export async function assertLinear(size: number, prepare: (size: number) => () => unknown): Promise<void> {
  const [small, large] = [prepare(size), prepare(8 * size)];
  await fastest(small); // compiles it
  let [first, second] = [Infinity, Infinity];
  const isLinear = () => second < 20 * Math.max(first, LEAST_US);
  for (let i = 0; i < ATTEMPTS && !isLinear(); i++) {
    first = Math.min(first, await fastest(small));
    second = Math.min(second, await fastest(large));
  }
  assert(isLinear(), `size ${size} takes ${first} us, size ${8 * size} takes ${second} us`);
}
