import type { OutlierRules } from "../policy/rules.ts";
import { SlidingWindow } from "./sliding_window.ts";

/** A reason must be so improbable if the instance were as well as the others are. */
const CHANCE = 0.001;
/** As many standard errors are as improbable. */
const ERRORS = 3;
/** Closer to the mean success rate than this is nothing to eject for, however close together the others are. */
const LEAST_DEVIATION = 0.05;
/** With fewer instances a deviation says nothing. */
const FEWEST_TO_COMPARE = 5;
/** Within so many milliseconds a call that was offered as a probe begins, or the next is. Also how often one that can't take a probe is asked. */
const OFFER = 1000;

/** What the detector tells of the things it watches. */
export interface OutlierEvents<T> {
  /** It gets no more calls for so many milliseconds. */
  ejected(of: T, why: string, milliseconds: number): void;
  /** It gets calls again. */
  back(of: T): void;
}

/** How the success rates of instances are spread, as seen until a time. */
interface Spread {
  readonly mean: number;
  readonly deviation: number;
  readonly until: number;
}

/** What the detector knows of one instance. */
export class Suspect<T> {
  readonly of: T;
  /** @internal */
  window: SlidingWindow;
  /** Failures in a row. */
  consecutive = 0;
  /** When it may be probed, in milliseconds of the detector's clock; undefined while it is not ejected. */
  until: number | undefined;
  /** How long it is, or was last, ejected. */
  time = 0;
  /** How often in a row it was ejected. */
  strikes = 0;
  backAt = 0;
  /** The next call that starts on it is its probe. */
  offered = false;
  /** Its probe is in flight. */
  probing = false;

  constructor(of: T, window: number) {
    this.of = of;
    this.window = new SlidingWindow(window);
  }
}

/**
 * Finds the instances that fail while the others do not, and says when they get no calls. Where all fail, as by bad requests, none stands
 * out. It knows no time but what it is told: every `now` is in milliseconds of one clock.
 *
 * An ejected one is back when a probe succeeds: one call at a time, once its time has passed. If the probe fails it is ejected for twice as long.
 * For each such time that it then behaves well, one doubling is forgiven.
 */
export class OutlierDetector<T> {
  readonly #events: OutlierEvents<T>;
  readonly #all = new Set<Suspect<T>>();
  readonly #ejected = new Set<Suspect<T>>();
  #rules: OutlierRules | undefined;
  /** The calls of all that are not ejected. */
  #pool: SlidingWindow;
  #spread: Spread | undefined;
  /** Before then no probe is due. */
  #nextProbe = Infinity;

  constructor(rules: OutlierRules | undefined, events: OutlierEvents<T>) {
    this.#rules = rules;
    this.#events = events;
    this.#pool = new SlidingWindow(rules?.window ?? 1);
  }

  /** How many are ejected. */
  get ejected(): number {
    return this.#ejected.size;
  }

  /** Begins to watch one. */
  add(of: T): Suspect<T> {
    const suspect = new Suspect(of, this.#rules?.window ?? 1);
    this.#all.add(suspect);
    return suspect;
  }

  /** Ends that: it is gone. Others come back if too great a share would be ejected now. */
  remove(suspect: Suspect<T>, now: number): void {
    this.#forget(suspect);
    this.#all.delete(suspect);
    this.#ejected.delete(suspect);
    this.#keepShare(now);
  }

  /** Goes by other rules from now on; without any, none is ejected. */
  change(rules: OutlierRules | undefined, now: number): void {
    const window = rules?.window ?? 1;
    if (window !== (this.#rules?.window ?? 1)) {
      this.#pool = new SlidingWindow(window);
      for (const suspect of this.#all) suspect.window = new SlidingWindow(window);
    }
    this.#rules = rules;
    this.#spread = undefined;
    this.#keepShare(now);
  }

  /** A call has begun on one that is ejected. */
  began(suspect: Suspect<T>, now: number): void {
    if (!suspect.offered) return;
    suspect.offered = false;
    suspect.probing = true;
    // Another is let through if this one has not ended by then.
    suspect.until = now + suspect.time;
  }

  /** A call has ended: well, badly, or (undefined) so that it says nothing of the instance. */
  ended(suspect: Suspect<T>, failed: boolean | undefined, now: number): void {
    if (this.#rules === undefined) return;
    if (suspect.until !== undefined) return this.#endedWhileEjected(suspect, failed, now);
    if (failed === undefined) return;
    suspect.window.add(failed, now);
    this.#pool.add(failed, now);
    suspect.consecutive = failed ? suspect.consecutive + 1 : 0;
    if (!failed || this.#ejected.size >= this.#most(this.#rules)) return;
    const why = this.#reason(this.#rules, suspect, now);
    if (why === undefined) return;
    if (suspect.time > 0) suspect.strikes -= Math.floor((now - suspect.backAt) / suspect.time);
    this.#eject(this.#rules, suspect, why, now);
  }

  /**
   * One whose time has passed: the next call should be its probe.
   *
   * @param usable Whether one can take the call.
   */
  probe(now: number, usable: (of: T) => boolean): T | undefined {
    if (now < this.#nextProbe) return undefined;
    this.#nextProbe = Infinity;
    let due: T | undefined;
    for (const suspect of this.#ejected) {
      if (due === undefined && now >= suspect.until!) {
        suspect.until = now + OFFER;
        suspect.offered = usable(suspect.of);
        if (suspect.offered) due = suspect.of;
      }
      this.#nextProbe = Math.min(this.#nextProbe, suspect.until!);
    }
    return due;
  }

  #endedWhileEjected(suspect: Suspect<T>, failed: boolean | undefined, now: number): void {
    // What began before its ejection says nothing new.
    if (!suspect.probing) return;
    suspect.probing = false;
    if (failed === undefined) this.#nextProbe = suspect.until = now;
    else if (failed) this.#eject(this.#rules!, suspect, "its probe failed", now);
    else this.#release(suspect, now);
  }

  #reason(rules: OutlierRules, { window, consecutive }: Suspect<T>, now: number): string | undefined {
    const { failed, total } = window;
    const others = this.#pool.total - total;
    const usual = others === 0 ? 0 : (this.#pool.failed - failed) / others;
    if (consecutive >= rules.consecutiveFailures && usual ** consecutive < CHANCE) {
      return `${consecutive} failures in a row`;
    }
    if (total < rules.samples) return undefined;
    const share = failed / total;
    const text = `${failed} of ${total} calls failed`;
    const chance = (mean: number) => ERRORS * Math.sqrt(mean * (1 - mean) / total);
    if (share >= rules.failureRate && share - usual > chance(usual)) return text;
    if (rules.deviations === 0) return undefined;
    const { mean, deviation } = this.#compare(rules, now);
    const far = Math.max(rules.deviations * deviation, chance(mean), LEAST_DEVIATION);
    return 1 - share < mean - far ? `${text}, others' mean success rate is ${Math.round(100 * mean)} %` : undefined;
  }

  /** The mean of the success rates of all that have enough samples; none is below it if there are too few of those. */
  #compare({ samples, window }: OutlierRules, now: number): Spread {
    if (this.#spread && now < this.#spread.until) return this.#spread;
    let count = 0, sum = 0, squares = 0;
    for (const { window, until } of this.#all) {
      window.advance(now);
      if (until !== undefined || window.total < samples) continue;
      const rate = window.succeeded / window.total;
      count++;
      sum += rate;
      squares += rate * rate;
    }
    const mean = count < FEWEST_TO_COMPARE ? 0 : sum / count;
    const deviation = count === 0 ? 0 : Math.sqrt(Math.max(0, squares / count - (sum / count) ** 2));
    // With many instances it is not worth the time to look at all of them after each failure.
    return this.#spread = { mean, deviation, until: now + window / 100 };
  }

  #eject(rules: OutlierRules, suspect: Suspect<T>, why: string, now: number): void {
    suspect.strikes = Math.max(0, suspect.strikes) + 1;
    suspect.time = Math.min(rules.ejectionTime * 2 ** (suspect.strikes - 1), rules.maxEjectionTime);
    suspect.until = now + suspect.time;
    suspect.offered = false;
    this.#nextProbe = Math.min(this.#nextProbe, suspect.until);
    this.#forget(suspect);
    this.#ejected.add(suspect);
    this.#events.ejected(suspect.of, why, suspect.time);
  }

  #release(suspect: Suspect<T>, now: number): void {
    suspect.until = undefined;
    suspect.offered = suspect.probing = false;
    suspect.consecutive = 0;
    suspect.backAt = now;
    this.#ejected.delete(suspect);
    this.#events.back(suspect.of);
  }

  /** Those whose time would have passed first come back while too many are away. */
  #keepShare(now: number): void {
    const most = this.#rules ? this.#most(this.#rules) : 0;
    const byTime = [...this.#ejected].sort((a, b) => a.until! - b.until!);
    for (const suspect of byTime.slice(0, Math.max(0, byTime.length - most))) this.#release(suspect, now);
  }

  /** Its calls count no more. */
  #forget(suspect: Suspect<T>): void {
    this.#spread = undefined;
    this.#pool.release(suspect.window);
  }

  /** How many may be ejected: the only one never, and one of two or three. */
  #most({ maxEjected }: OutlierRules): number {
    const all = this.#all.size;
    return all < 2 || maxEjected === 0 ? 0 : Math.max(1, Math.floor(all * maxEjected));
  }
}
