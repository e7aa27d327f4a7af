import type { OutlierRules } from "../../../policy/rules.ts";
import type { SlidingWindow } from "./sliding_window.ts";

/** A reason must be so improbable if the instance were as well as the others are. */
const MAX_PROBABILITY = 0.001;
/** As many standard errors are as improbable. */
const MIN_STANDARD_ERRORS = 3;
/** Closer to the mean success rate than this is nothing to eject for, however close together the others are. */
const MIN_RATE_DIFFERENCE = 0.05;
/** With fewer instances a deviation says nothing. */
const MIN_COMPARED_INSTANCES = 5;
/** How the success rates of instances are spread. */
export interface Spread {
  readonly mean: number;
  readonly deviation: number;
}

/** What counts of an instance. */
interface Record {
  readonly window: SlidingWindow;
  /** Failures in a row. */
  readonly consecutive: number;
}

/**
 * Why an instance stands out, after a failure; undefined if it does not. That it fails is not enough: it must fail more
 * than the others do, and by more than chance explains, so that bad requests, which fail everywhere, eject nobody.
 *
 * @param rules What the policy says.
 * @param one It.
 * @param pool The calls of all, its own among them.
 * @param spread How the success rates of all are spread; asked only if it matters.
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
 * The mean success rate of all that have enough samples and are not ejected, and its standard deviation. If there are
 * too few of them the mean is 0, and none is below it.
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
