import process from "node:process";
import { assert } from "@std/assert";

/** Times below this, in microseconds, are not compared: the clock is too coarse. */
const MIN_COMPARED_US = 200;
/** The larger size in sizes of the smaller one. */
const GROWTH_FACTOR = 8;
/** The most that the time for each octet may grow. Quadratic time grows by {@linkcode GROWTH_FACTOR}. */
const MAX_RATIO = 2.5;
/** V8 compiles in the first rounds, and a busy machine disturbs some: one good round is enough. */
const MAX_ROUNDS = 10;

/** The processor time of the fastest of three runs, in microseconds: other processes do not count. */
async function fastest(run: () => unknown): Promise<number> {
  let least = Infinity;
  for (let i = 0; i < 3; i++) {
    const start = process.cpuUsage();
    await run();
    const { user, system } = process.cpuUsage(start);
    least = Math.min(least, user + system);
  }
  return least;
}

/**
 * Fails if one run of eight times the size takes more than 2.5 times as long as eight runs of the size.
 *
 * @param size The smaller size.
 * @param prepare Makes what is timed, for a size.
 */
export async function assertLinear(size: number, prepare: (size: number) => () => unknown): Promise<void> {
  const [small, large] = [prepare(size), prepare(GROWTH_FACTOR * size)];
  const smallOnes = async () => {
    for (let i = 0; i < GROWTH_FACTOR; i++) await small();
  };
  await smallOnes(); // compiles it
  const rounds: string[] = [];
  while (rounds.length < MAX_ROUNDS) {
    const first = await fastest(smallOnes), second = await fastest(large);
    if (second <= MAX_RATIO * Math.max(first, MIN_COMPARED_US)) return;
    rounds.push(`${GROWTH_FACTOR} of size ${size} take ${first} us, one of size ${GROWTH_FACTOR * size} ${second} us`);
  }
  assert(false, rounds.join("\n"));
}
