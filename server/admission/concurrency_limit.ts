import type { ConcurrencyRules } from "../../policy/server_rules.ts";
import { AdaptiveLimit } from "./adaptive_limit.ts";
import type { Clock } from "./clock.ts";

/** The least that a refused call is told to wait, in milliseconds. */
const SOON = 10;

/** A call that would begin. */
export interface Entrant {
  /** When it must have ended, in milliseconds of the clock; Infinity without a limit. */
  readonly deadline: number;
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
 * How many calls are served at a time. Others wait in a line, first come, first served, for as long as it is of use: who would come too late
 * for its deadline, by how fast the line moved of late, is refused at once and not after it has waited. So what is begun can still be of use,
 * and the line needs no other order when there is too much to do.
 */
export class ConcurrencyLimit {
  readonly rules: ConcurrencyRules;
  readonly #clock: Clock;
  readonly #adaptive: AdaptiveLimit | undefined;
  /** Who waits until when: in the order in which they came, and those in the middle can go. */
  readonly #line = new Map<Entrant, number>();
  #inFlight = 0;
  /** The mean time between two calls that leave, while others wait. */
  #pace = 0;
  #left = 0;
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
    if (this.#inFlight < this.limit && this.#line.size === 0) {
      this.#begin(entrant);
      return false;
    }
    const now = this.#clock.now();
    const { queue, queueTimeout, option } = this.rules;
    // Not counting itself: the first one may wait whatever was before, so that the pace is measured anew.
    const wait = this.#pace * this.#line.size;
    const served = `${this.#inFlight} calls are served (${option}.limit) and ${this.#line.size} wait`;
    const why = this.#line.size >= queue
      ? `the line is full (${option}.queue)`
      : wait > queueTimeout
      ? `its turn would come too late (${option}.queueTimeout)`
      : now + wait >= entrant.deadline
      ? "its turn would come after its deadline"
      : undefined;
    if (why !== undefined) {
      entrant.refuse({ text: `${served}: ${why}`, pushback: Math.max(wait, SOON) });
      return false;
    }
    this.#line.set(entrant, now + queueTimeout);
    if (this.#line.size === 1) this.#left = now;
    this.#cancel ??= this.#clock.after(queueTimeout, this.#ring);
    return true;
  }

  /** Takes one who waits out of the line. */
  drop(entrant: Entrant): void {
    this.#line.delete(entrant);
  }

  /**
   * A call has ended, and another may begin.
   *
   * @param began When it began; undefined if it never did.
   */
  leave(began: number | undefined): void {
    this.#inFlight--;
    const now = this.#clock.now();
    if (began !== undefined) this.#adaptive?.ended(began, now);
    if (this.#line.size > 0) {
      this.#pace += ((now - this.#left) - this.#pace) / 8;
      this.#left = now;
    }
    this.#move();
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
    for (const entrant of this.#line.keys()) {
      if (this.#inFlight >= this.limit) break;
      this.#line.delete(entrant);
      this.#begin(entrant);
    }
    this.#moving = false;
  }

  #begin(entrant: Entrant): void {
    this.#inFlight++;
    this.#adaptive?.began(this.#inFlight);
    entrant.begin();
  }

  /** Those who came first have waited longest. */
  readonly #ring = (): void => {
    this.#cancel = undefined;
    const now = this.#clock.now();
    const { option, queueTimeout } = this.rules;
    for (const [entrant, until] of this.#line) {
      if (until > now) {
        this.#cancel = this.#clock.after(until - now, this.#ring);
        return;
      }
      this.#line.delete(entrant);
      const text = `its turn has not come within ${queueTimeout} ms (${option}.queueTimeout)`;
      entrant.refuse({ text, pushback: Math.max(this.#pace * this.#line.size, SOON) });
    }
  };
}
