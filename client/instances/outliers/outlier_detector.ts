import type { OutlierRules } from "../../../policy/rules.ts";
import { reasonToEject, type Spread, spreadOf } from "./reason_to_eject.ts";
import { SlidingWindow } from "./sliding_window.ts";

/**
 * Within so many milliseconds a call that was offered as a probe begins, or the next is. Also how often one that can't
 * take a probe is asked.
 */
const PROBE_OFFER_MS = 1000;
/** To read the clock costs more than to count a success: it is read once for so many. Each failure has its own time. */
const SUCCESSES_PER_CLOCK_READ = 8;

/** What the detector tells of the things it watches. */
export interface OutlierEvents<T> {
  /** It gets no more calls for so many milliseconds. */
  ejected(of: T, why: string, milliseconds: number): void;
  /** It gets calls again. */
  back(of: T): void;
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
  /** It was removed: its last calls may still end. */
  gone = false;

  constructor(of: T, window: number) {
    this.of = of;
    this.window = new SlidingWindow(window);
  }
}

/**
 * Finds the instances that fail while the others do not, and says when they get no calls. Where all fail, as by bad
 * requests, none stands out.
 *
 * An ejected one is back when a probe succeeds: one call at a time, once its time has passed. If the probe fails it is
 * ejected for twice as long. For each such time that it then behaves well, one doubling is forgiven.
 */
export class OutlierDetector<T> {
  readonly #events: OutlierEvents<T>;
  readonly #clock: () => number;
  /** When the clock was last read, and how many successes have been counted since. */
  #now: number;
  #unread = 0;
  readonly #all = new Set<Suspect<T>>();
  readonly #ejected = new Set<Suspect<T>>();
  #rules: OutlierRules | undefined;
  /** The calls of all that are not ejected. */
  #pool: SlidingWindow;
  #spread: Spread | undefined;
  #spreadUntil = 0;
  /** Before then no probe is due. */
  #nextProbe = Infinity;

  /**
   * @param rules Without any, none is ejected.
   * @param events What it tells.
   * @param clock Gives milliseconds, and never goes back.
   */
  constructor(
    rules: OutlierRules | undefined,
    events: OutlierEvents<T>,
    clock: () => number = () => performance.now(),
  ) {
    this.#rules = rules;
    this.#events = events;
    this.#clock = clock;
    this.#now = clock();
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

  /** Ends that: they are gone. Others come back if too great a share would be ejected now. */
  remove(suspects: readonly Suspect<T>[]): void {
    for (const suspect of suspects) {
      suspect.gone = true;
      this.#forget(suspect);
      this.#all.delete(suspect);
      this.#ejected.delete(suspect);
    }
    this.#keepShare();
  }

  /** Goes by other rules from now on; without any, none is ejected. */
  change(rules: OutlierRules | undefined): void {
    const window = rules?.window ?? 1;
    if (window !== (this.#rules?.window ?? 1)) {
      this.#pool = new SlidingWindow(window);
      for (const suspect of this.#all) suspect.window = new SlidingWindow(window);
    }
    this.#rules = rules;
    this.#spread = undefined;
    this.#keepShare();
  }

  /** A call has begun on one that is ejected. */
  began(suspect: Suspect<T>): void {
    if (!suspect.offered) return;
    suspect.offered = false;
    suspect.probing = true;
    // Another is let through if this one has not ended by then.
    suspect.until = this.#read() + suspect.time;
  }

  /** A call has ended: well, badly, or (undefined) so that it says nothing of the instance. */
  ended(suspect: Suspect<T>, failed: boolean | undefined): void {
    if (this.#rules === undefined || suspect.gone) return;
    if (suspect.until !== undefined) return this.#endedWhileEjected(suspect, failed);
    if (failed === undefined) return;
    const now = failed || ++this.#unread === SUCCESSES_PER_CLOCK_READ ? this.#read() : this.#now;
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
  probe(usable: (of: T) => boolean): T | undefined {
    if (this.#ejected.size === 0) return undefined;
    const now = this.#read();
    if (now < this.#nextProbe) return undefined;
    this.#nextProbe = Infinity;
    let due: T | undefined;
    for (const suspect of this.#ejected) {
      if (due === undefined && now >= suspect.until!) {
        suspect.until = now + PROBE_OFFER_MS;
        suspect.offered = usable(suspect.of);
        if (suspect.offered) due = suspect.of;
      }
      this.#nextProbe = Math.min(this.#nextProbe, suspect.until!);
    }
    return due;
  }

  #read(): number {
    this.#unread = 0;
    return this.#now = this.#clock();
  }

  #endedWhileEjected(suspect: Suspect<T>, failed: boolean | undefined): void {
    // What began before its ejection says nothing new.
    if (!suspect.probing) return;
    suspect.probing = false;
    const now = this.#read();
    if (failed === undefined) this.#nextProbe = suspect.until = now;
    else if (failed) this.#eject(this.#rules!, suspect, "its probe failed", now);
    else this.#release(suspect, now);
  }

  #reason(rules: OutlierRules, suspect: Suspect<T>, now: number): string | undefined {
    return reasonToEject(rules, suspect, this.#pool, () => {
      // With many instances it is not worth the time to look at all of them after each failure.
      if (this.#spread === undefined || now >= this.#spreadUntil) {
        this.#spread = spreadOf(rules, this.#all, now);
        this.#spreadUntil = now + rules.window / 100;
      }
      return this.#spread;
    });
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
  #keepShare(): void {
    if (this.#ejected.size === 0) return;
    const now = this.#read();
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
