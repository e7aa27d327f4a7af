import type { OutlierRules } from "../../../policy/client_rules.ts";
import type { SlidingWindow } from "../../../base/collections/sliding_window.ts";

/** A row of failures counts only if it is less probable than this for an instance that is as healthy as the others. */
const MAX_PROBABILITY = 0.001;
/** A failure rate counts only if it is this many standard errors above the others': as improbable as the row. */
const MIN_STANDARD_ERRORS = 3;
/** A success rate that is closer to the mean is no reason to eject, however close together the others are. */
const MIN_RATE_DIFFERENCE = 0.05;
/** The standard deviation of fewer instances says nothing. */
const MIN_COMPARED_INSTANCES = 5;

/** The distribution of the instances' success rates. */
export interface Spread {
  readonly mean: number;
  readonly deviation: number;
}

/** The recent calls of an instance. */
interface Record {
  readonly window: SlidingWindow;
  /** How many of the latest calls failed in a row. */
  readonly consecutive: number;
}

/**
 * Why an instance should be ejected after a failure; undefined if it should not. It must fail more often than the
 * others, by more than chance explains: bad requests fail everywhere, and must eject no instance.
 *
 * @param rules The policy's rules.
 * @param record The recent calls of the instance.
 * @param pool The recent calls of all instances.
 * @param spread Computes the distribution of the success rates. It is called only if it is needed.
 */
export function reasonToEject(
  rules: OutlierRules,
  { window, consecutive }: Record,
  pool: SlidingWindow,
  spread: () => Spread,
): string | undefined {
  const { failed, total } = window;
  const others = pool.total - total;
  const usual = others === 0 ? 0 : (pool.failed - failed) / others;
  if (consecutive >= rules.consecutiveFailures && usual ** consecutive < MAX_PROBABILITY) {
    return `${consecutive} failures in a row`;
  }
  if (total < rules.samples) return undefined;
  const share = failed / total;
  const text = `${failed} of ${total} calls failed`;
  const chance = (mean: number) => MIN_STANDARD_ERRORS * Math.sqrt(mean * (1 - mean) / total);
  if (share >= rules.failureRate && share - usual > chance(usual)) return text;
  if (rules.deviations === 0) return undefined;
  const { mean, deviation } = spread();
  const far = Math.max(rules.deviations * deviation, chance(mean), MIN_RATE_DIFFERENCE);
  return 1 - share < mean - far ? `${text}, the mean success rate is ${Math.round(100 * mean)} %` : undefined;
}

/**
 * The mean success rate and its standard deviation, over the instances that have enough samples and are not ejected. If
 * there are too few of them, the mean is 0, and no instance is below it.
 */
export function spreadOf(
  { samples }: OutlierRules,
  all: Iterable<{ readonly window: SlidingWindow; readonly until: number | undefined }>,
  now: number,
): Spread {
  let count = 0, sum = 0, squares = 0;
  for (const { window, until } of all) {
    window.advance(now);
    if (until !== undefined || window.total < samples) continue;
    const rate = window.succeeded / window.total;
    count++;
    sum += rate;
    squares += rate * rate;
  }
  if (count < MIN_COMPARED_INSTANCES) return { mean: 0, deviation: 0 };
  const mean = sum / count;
  return { mean, deviation: Math.sqrt(Math.max(0, squares / count - mean ** 2)) };
}
