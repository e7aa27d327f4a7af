import type { OverloadRules } from "../../policy/server_rules.ts";
import type { Clock } from "./clock.ts";
import { EventLoop } from "./event_loop.ts";

/**
 * What is no longer a burst: the loop has been behind, or one turn was full of work, for so many times the longest
 * wait.
 */
const BURST_RATIO = 5;
/** Nor is it what so many calls take, if each of them takes long: by chance they come at the same time. */
const BURST_CALLS = 20;
/**
 * So many calls may be handled without a look at the clock, as long as they take less than {@linkcode CHEAP_CALL_MS}
 * each.
 */
const CALLS_PER_CLOCK_READ = 8;
/** In milliseconds. */
const CHEAP_CALL_MS = 0.1;
/** What a turn is to take at most, of the longest wait: a call waits for the rest of one turn, and for the next. */
const MAX_TURN_SHARE = 2 / 3;
/** How much the last turn counts in what a call takes. */
const LAST_TURN_WEIGHT = 1 / 8;
/** By how much more calls there may be at a time after each turn that is short. */
const GROWTH_FACTOR = 1.02;

/**
 * Whether the processor has more to do than it can. A single turn of the event loop that takes long is no overload:
 * what came meanwhile is served, late as it is. It is one when the loop does not come to rest any more: then what waits
 * grows as long as anybody calls, and the only remedy is to take less.
 *
 * What handlers do at once is limited by when a call is handled: one that has waited too long is refused. What they do
 * after they have waited for something else is not seen then: so there may be fewer calls at a time after a turn that
 * took too long, and slowly more after others.
 */
export class Overload {
  readonly rules: OverloadRules;
  readonly #loop: EventLoop;
  readonly #clock: Clock;
  #skip = 0;
  #looked = 0;
  #inFlight = 0;
  #peak = 0;
  #served = 0;
  #done = 0;
  /** What a call takes of the processor, in milliseconds; 0 if it is not much. */
  #takes = 0;
  #most = Infinity;

  constructor(rules: OverloadRules, clock: Clock) {
    this.rules = rules;
    this.#clock = clock;
    // At the balance of refusing and serving, a turn takes two thirds of the longest wait; an eighth is nothing to
    // catch up with.
    this.#loop = new EventLoop(rules.maxWait / 8, rules.maxWait, clock, (took, work) => this.#turned(took, work));
  }

  /** Whether a call that comes now is too much. */
  refuses(): boolean {
    if (this.#skip > 0) {
      this.#skip--;
      this.#served++;
      return false;
    }
    const now = this.#clock.now();
    const { maxWait } = this.rules;
    const waited = this.#loop.waited(now);
    const easy = waited < maxWait / 2 && this.#most === Infinity;
    if (easy && now - this.#looked < CHEAP_CALL_MS * CALLS_PER_CLOCK_READ) this.#skip = CALLS_PER_CLOCK_READ - 1;
    this.#looked = now;
    if (waited <= maxWait ? this.#inFlight < this.#most : !this.#stands(now, this.#loop.worked(now))) {
      this.#served++;
      return false;
    }
    this.#loop.refused();
    return true;
  }

  /** A call goes on after it was begun. */
  began(): void {
    if (++this.#inFlight > this.#peak) this.#peak = this.#inFlight;
  }

  /** It has ended. */
  readonly ended = (): void => {
    this.#inFlight--;
    if (++this.#done % CALLS_PER_CLOCK_READ === 0) this.#loop.look(this.#clock.now());
  };

  /** Ends its timer. */
  close(): void {
    this.#loop.close();
  }

  /** Whether it is more than a burst, or a handler that blocks: what it leaves behind is served, late as it is. */
  #stands(now: number, work: number): boolean {
    const patience = Math.max(this.rules.maxWait * BURST_RATIO, this.#takes * BURST_CALLS);
    return work > patience || this.#loop.behind(now) > patience;
  }

  #turned(took: number, work: number): void {
    const calls = this.#served + this.#done;
    if (calls > 0) this.#takes += (took / calls - this.#takes) * LAST_TURN_WEIGHT;
    const { maxWait } = this.rules;
    if (took > maxWait) {
      // Those that have ended in it made it so long; others wait for something else still.
      const tooMany = this.#done * (1 - MAX_TURN_SHARE * maxWait / took);
      if (this.#stands(this.#clock.now(), work)) this.#most = Math.max(1, Math.min(this.#most, this.#peak) - tooMany);
    } else if (took < maxWait / 2) {
      this.#most = this.#most * GROWTH_FACTOR + 0.25;
      // Twice as many as there are: that is no limit.
      if (this.#most > 2 * this.#peak + 10) this.#most = Infinity;
    }
    this.#peak = this.#inFlight;
    this.#served = this.#done = 0;
  }
}
