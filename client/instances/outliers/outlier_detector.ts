import type { OutlierRules } from "../../../policy/client_rules.ts";
import { reasonToEject, type Spread, spreadOf } from "./reason_to_eject.ts";
import { SlidingWindow } from "../../../base/collections/sliding_window.ts";

/** How long an instance that was offered to a call waits for its probe. After that, the next call may be the probe. */
const PROBE_OFFER_MS = 1000;
/**
 * To read the clock costs more than to count a success, so this many successes share a reading. Each failure reads the
 * clock.
 */
const SUCCESSES_PER_CLOCK_READ = 8;

/** What the detector reports. */
export interface OutlierEvents<T> {
  /** An instance gets no calls for this time. */
  ejected(of: T, why: string, milliseconds: number): void;
  /** An instance gets calls again. */
  back(of: T): void;
}

/** What the detector knows of one instance. */
export class Suspect<T> {
  readonly of: T;
  /** @internal */
  window: SlidingWindow;
  /** How many of the latest calls failed in a row. */
  consecutive = 0;
  /** When it may be probed, in milliseconds of the detector's clock; undefined while it is not ejected. */
  until: number | undefined;
  /** The length of the current or latest ejection, in milliseconds. */
  time = 0;
  /** How many ejections followed each other. Each one doubles the time. */
  strikes = 0;
  /** When the latest ejection ended. */
  backAt = 0;
  /** Whether the next call that starts is its probe. */
  offered = false;
  /** Whether its probe is in flight. */
  probing = false;
  /** Whether it was removed. Its last calls may still end. */
  gone = false;

  constructor(of: T, window: number) {
    this.of = of;
    this.window = new SlidingWindow(window);
  }
}

/**
 * Ejects the instances that fail while others do not. Where all fail, as with bad requests, no instance stands out.
 *
 * When the time of an ejection has passed, one call at a time probes the instance. If the probe succeeds, the instance
 * gets calls again. If it fails, the instance is ejected for twice as long. For each time of that length without an
 * ejection, one doubling is forgiven.
 */
export class OutlierDetector<T> {
  readonly #events: OutlierEvents<T>;
  readonly #clock: () => number;
  /** The latest reading of the clock. */
  #now: number;
  /** How many successes were counted since that reading. */
  #unread = 0;
  readonly #all = new Set<Suspect<T>>();
  readonly #ejected = new Set<Suspect<T>>();
  #rules: OutlierRules | undefined;
  /** The recent calls of all instances that are not ejected. */
  #pool: SlidingWindow;
  #spread: Spread | undefined;
  #spreadUntil = 0;
  /** The earliest time at which a probe may be due. */
  #nextProbe = Infinity;

  /**
   * @param rules The policy's rules; undefined to eject no instance.
   * @param events Receives what the detector reports.
   * @param clock Returns milliseconds that never go back.
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

  /** How many instances are ejected. */
  get ejected(): number {
    return this.#ejected.size;
  }

  /** Begins to watch an instance. */
  add(of: T): Suspect<T> {
    const suspect = new Suspect(of, this.#rules?.window ?? 1);
    this.#all.add(suspect);
    return suspect;
  }

  /** Removes instances that have left the list. Others come back if too great a share of the rest is ejected. */
  remove(suspects: readonly Suspect<T>[]): void {
    for (const suspect of suspects) {
      suspect.gone = true;
      this.#forget(suspect);
      this.#all.delete(suspect);
      this.#ejected.delete(suspect);
    }
    this.#keepShare();
  }

  /** Replaces the rules; undefined to eject no instance. */
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

  /** A call has started on an ejected instance: it is the probe. */
  began(suspect: Suspect<T>): void {
    if (!suspect.offered) return;
    suspect.offered = false;
    suspect.probing = true;
    // If the probe has not ended by then, another call may be the probe.
    suspect.until = this.#read() + suspect.time;
  }

  /** A call has ended. `failed` is undefined if that says nothing of the instance. */
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
   * An instance whose ejection time has passed. The next call should be its probe.
   *
   * @param usable Whether an instance can take the call.
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
    // A call that began before the ejection says nothing new.
    if (!suspect.probing) return;
    suspect.probing = false;
    const now = this.#read();
    if (failed === undefined) this.#nextProbe = suspect.until = now;
    else if (failed) this.#eject(this.#rules!, suspect, "its probe failed", now);
    else this.#release(suspect, now);
  }

  #reason(rules: OutlierRules, suspect: Suspect<T>, now: number): string | undefined {
    return reasonToEject(rules, suspect, this.#pool, () => {
      // With many instances it would take too long to look at all of them after each failure.
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

  /** Brings instances back while too many are ejected: those first whose time passes first. */
  #keepShare(): void {
    if (this.#ejected.size === 0) return;
    const now = this.#read();
    const most = this.#rules ? this.#most(this.#rules) : 0;
    const byTime = [...this.#ejected].sort((a, b) => a.until! - b.until!);
    for (const suspect of byTime.slice(0, Math.max(0, byTime.length - most))) this.#release(suspect, now);
  }

  /** Takes the calls of an instance out of the counts. */
  #forget(suspect: Suspect<T>): void {
    this.#spread = undefined;
    this.#pool.release(suspect.window);
  }

  /** The maximum number of ejected instances: never the only one, and otherwise at least one, unless the share is 0. */
  #most({ maxEjected }: OutlierRules): number {
    const all = this.#all.size;
    return all < 2 || maxEjected === 0 ? 0 : Math.max(1, Math.floor(all * maxEjected));
  }
}
