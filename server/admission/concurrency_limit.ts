import type { ConcurrencyRules } from "../../policy/server_rules.ts";
import { Line, type Place } from "../../base/line.ts";
import { AdaptiveLimit } from "./adaptive_limit.ts";
import type { Clock } from "./clock.ts";

/** While the line does not get empty, a call may wait for so much less. */
const STANDING_QUEUE_DIVISOR = 10;

/** The least that a refused call is told to wait, in milliseconds. */
const MIN_PUSHBACK_MS = 10;

/** A call that would begin. */
export interface Entrant {
  /** When it must have ended, in milliseconds of the clock; Infinity without a limit. */
  readonly deadline: number;
  /** Its place in the line, and since when: the limit's own. */
  waits?: { readonly place: Place<Entrant>; readonly since: number };
  /** It may begin. */
  begin(): void;
  /** It may not. */
  refuse(refused: Refused): void;
}

/** Why a call may not begin. */
export interface Refused {
  /** What stands in the caller's status. */
  readonly text: string;
  /** After how many milliseconds it may be worth another try. */
  readonly pushback: number;
}

/**
 * How many calls are served at a time. Others wait in a line, first come, first served. A line is for bursts: one that
 * has not been empty for `queueTimeout` stands, and all that it does is to make every call late. Then a call may wait
 * for a tenth of that only, so that what is served is served soon, and what is not is refused soon (CoDel, as
 * Facebook's servers use it).
 */
export class ConcurrencyLimit {
  readonly rules: ConcurrencyRules;
  readonly #clock: Clock;
  readonly #adaptive: AdaptiveLimit | undefined;
  readonly #line = new Line<Entrant>();
  #inFlight = 0;
  /** When the line was empty last. */
  #empty = 0;
  #moving = false;
  #cancel: (() => void) | undefined;

  constructor(rules: ConcurrencyRules, clock: Clock) {
    this.rules = rules;
    this.#clock = clock;
    this.#adaptive = rules.limit === "adaptive" ? new AdaptiveLimit() : undefined;
  }

  /** Whether it counts only calls that have one request and one response. */
  get unaryOnly(): boolean {
    return this.#adaptive !== undefined;
  }

  /** How many may be served at a time. */
  get limit(): number {
    return this.#adaptive?.limit ?? this.rules.limit as number;
  }

  /** How many are served. */
  get inFlight(): number {
    return this.#inFlight;
  }

  /** How many wait. */
  get waiting(): number {
    return this.#line.size;
  }

  /**
   * Lets a call begin, now or later, or refuses it.
   *
   * @returns Whether it waits in the line: then it is told later.
   */
  enter(entrant: Entrant): boolean {
    const line = this.#line;
    if (this.#inFlight < this.limit && line.size === 0) {
      this.#begin(entrant);
      return false;
    }
    const now = this.#clock.now();
    const { queue, queueTimeout, option } = this.rules;
    const first = line.first?.waits?.since ?? now;
    if (line.size >= queue) this.#refuse(entrant, `and ${queue} wait (${option}.queue)`);
    // The first one has waited for so long, and its turn has not come.
    else if (entrant.deadline <= now + now - first) this.#refuse(entrant, "and its turn would come after its deadline");
    else {
      if (line.size === 0) this.#empty = now;
      entrant.waits = { place: line.push(entrant), since: now };
      this.#cancel ??= this.#clock.after(queueTimeout, this.#ring);
      return true;
    }
    return false;
  }

  /** Takes one who waits out of the line. */
  drop(entrant: Entrant): void {
    if (entrant.waits) this.#line.remove(entrant.waits.place);
  }

  /**
   * A call has ended, and another may begin.
   *
   * @param began When it began; undefined if it never did.
   */
  leave(began: number | undefined): void {
    this.#inFlight--;
    if (began !== undefined) this.#adaptive?.ended(began, this.#clock.now());
    if (this.#line.size > 0) this.#move();
  }

  /** Ends its timer. */
  close(): void {
    this.#cancel?.();
    this.#cancel = undefined;
  }

  /** Not by recursion: a call that ends at once lets the next one begin. */
  #move(): void {
    if (this.#moving) return;
    this.#moving = true;
    const now = this.#clock.now();
    const { queueTimeout } = this.rules;
    const patience = now - this.#empty > queueTimeout ? queueTimeout / STANDING_QUEUE_DIVISOR : queueTimeout;
    while (this.#line.size > 0 && this.#inFlight < this.limit) {
      const entrant = this.#line.shift()!;
      // Where calls are slow, the last one is better than none.
      if (now - entrant.waits!.since <= patience || this.#line.size === 0) this.#begin(entrant);
      else this.#late(entrant);
    }
    this.#moving = false;
  }

  #begin(entrant: Entrant): void {
    this.#inFlight++;
    this.#adaptive?.began(this.#inFlight);
    entrant.begin();
  }

  #late(entrant: Entrant): void {
    this.#refuse(entrant, `and its turn has not come in time (${this.rules.option}.queueTimeout)`);
  }

  #refuse(entrant: Entrant, why: string): void {
    const { option, queueTimeout } = this.rules;
    const text = `${this.#inFlight} calls are served at a time (${option}.limit), ${why}`;
    entrant.refuse({ text, pushback: Math.max(queueTimeout / STANDING_QUEUE_DIVISOR, MIN_PUSHBACK_MS) });
  }

  /** Those who came first have waited longest. */
  readonly #ring = (): void => {
    this.#cancel = undefined;
    const now = this.#clock.now();
    for (let first = this.#line.first; first !== undefined; first = this.#line.first) {
      const left = first.waits!.since + this.rules.queueTimeout - now;
      if (left > 0) {
        this.#cancel = this.#clock.after(left, this.#ring);
        return;
      }
      this.#line.shift();
      this.#late(first);
    }
  };
}
