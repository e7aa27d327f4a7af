import type { ConcurrencyRules } from "../../policy/server_rules.ts";
import { Queue, type QueueEntry } from "../../base/collections/queue.ts";
import { AdaptiveLimit } from "./adaptive_limit.ts";
import type { Clock } from "./clock.ts";

/** While there is a standing queue, calls may wait for `queueTimeout` divided by this. */
const STANDING_QUEUE_DIVISOR = 10;

/** The minimum pushback for a rejected call, in milliseconds. */
const MIN_PUSHBACK_MS = 10;

/** A call that asks to begin. */
export interface Entrant {
  /** The deadline of the call, in milliseconds of the clock; Infinity if it has none. */
  readonly deadline: number;
  /** The call's place in the line, and since when it waits. Only the limit sets it. */
  waiting?: { readonly place: QueueEntry<Entrant>; readonly since: number };
  /** Begins the call. */
  begin(): void;
  /** Rejects the call. */
  refuse(refused: Refused): void;
}

/** Why a call was rejected, and when to retry it. */
export interface Refused {
  /** The status message for the caller. */
  readonly text: string;
  /** The delay after which a retry may succeed, in milliseconds. */
  readonly pushback: number;
}

/**
 * Limits the number of concurrent calls. Further calls wait in a line, first come, first served. The line is meant for
 * bursts. If it has not been empty for `queueTimeout`, it is a standing queue, which only adds latency to every call.
 * Then a call may wait for only a tenth of `queueTimeout`, so that calls are either served soon or rejected soon
 * (CoDel, as Facebook's servers use it).
 */
export class ConcurrencyLimit {
  readonly rules: ConcurrencyRules;
  readonly #clock: Clock;
  readonly #adaptive: AdaptiveLimit | undefined;
  readonly #queue = new Queue<Entrant>();
  #inFlight = 0;
  /** When the line was last empty. */
  #empty = 0;
  #moving = false;
  #cancel: (() => void) | undefined;

  constructor(rules: ConcurrencyRules, clock: Clock) {
    this.rules = rules;
    this.#clock = clock;
    this.#adaptive = rules.limit === "adaptive" ? new AdaptiveLimit() : undefined;
  }

  /** Whether the limit applies only to unary calls. */
  get unaryOnly(): boolean {
    return this.#adaptive !== undefined;
  }

  /** The maximum number of concurrent calls. */
  get limit(): number {
    return this.#adaptive?.limit ?? this.rules.limit as number;
  }

  /** The number of in-flight calls. */
  get inFlight(): number {
    return this.#inFlight;
  }

  /** The number of waiting calls. */
  get waiting(): number {
    return this.#queue.size;
  }

  /**
   * Begins a call now or later, or rejects it.
   *
   * @returns Whether the call waits in the line. Then it is begun or rejected later.
   */
  enter(entrant: Entrant): boolean {
    const line = this.#queue;
    if (this.#inFlight < this.limit && line.size === 0) {
      this.#begin(entrant);
      return false;
    }
    const now = this.#clock.now();
    const { queue, queueTimeout, option } = this.rules;
    const firstSince = line.first?.waiting?.since ?? now;
    if (line.size >= queue) this.#refuse(entrant, `and ${queue} wait (${option}.queue)`);
    // The first call in the line has waited for this time, so this call would wait at least as long.
    else if (entrant.deadline <= now + now - firstSince) {
      this.#refuse(entrant, "and its turn would come after its deadline");
    } else {
      if (line.size === 0) this.#empty = now;
      entrant.waiting = { place: line.push(entrant), since: now };
      this.#cancel ??= this.#clock.after(queueTimeout, this.#onTimer);
      return true;
    }
    return false;
  }

  /** Removes a waiting call from the line. */
  drop(entrant: Entrant): void {
    if (entrant.waiting) this.#queue.remove(entrant.waiting.place);
  }

  /**
   * Reports that a call has ended. A waiting call may begin then.
   *
   * @param began When the call began; undefined if it never did.
   */
  leave(began: number | undefined): void {
    this.#inFlight--;
    if (began !== undefined) this.#adaptive?.ended(began, this.#clock.now());
    if (this.#queue.size > 0) this.#move();
  }

  /** Stops the timer. */
  close(): void {
    this.#cancel?.();
    this.#cancel = undefined;
  }

  /**
   * Begins waiting calls while there is room. A call that ends at once calls `leave`, so a loop is used instead of
   * recursion.
   */
  #move(): void {
    if (this.#moving) return;
    this.#moving = true;
    const now = this.#clock.now();
    const { queueTimeout } = this.rules;
    const maxWait = now - this.#empty > queueTimeout ? queueTimeout / STANDING_QUEUE_DIVISOR : queueTimeout;
    while (this.#queue.size > 0 && this.#inFlight < this.limit) {
      const entrant = this.#queue.shift()!;
      // If calls are slow, the last waiting call is begun although it has waited too long, so that no slot stays empty.
      if (now - entrant.waiting!.since <= maxWait || this.#queue.size === 0) this.#begin(entrant);
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

  /** Rejects the calls that have waited for `queueTimeout`. They are the first ones in the line. */
  readonly #onTimer = (): void => {
    this.#cancel = undefined;
    const now = this.#clock.now();
    for (let first = this.#queue.first; first !== undefined; first = this.#queue.first) {
      const left = first.waiting!.since + this.rules.queueTimeout - now;
      if (left > 0) {
        this.#cancel = this.#clock.after(left, this.#onTimer);
        return;
      }
      this.#queue.shift();
      this.#late(first);
    }
  };
}
