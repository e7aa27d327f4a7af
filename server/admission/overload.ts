import type { OverloadRules } from "../../policy/server_rules.ts";
import type { Clock } from "./clock.ts";
import { EventLoop } from "./event_loop.ts";

/**
 * The duration from which an excess of work is no longer a burst, as a multiple of `maxWait`. It is the time for which
 * the loop has been behind, or the work of one turn.
 */
const BURST_RATIO = 5;
/**
 * If calls take long, the time of this many calls counts as a burst too: they may arrive at the same time by chance.
 */
const BURST_CALLS = 20;
/** The number of calls for one read of the clock, if a call takes less than {@linkcode CHEAP_CALL_MS}. */
const CALLS_PER_CLOCK_READ = 8;
/** The time of a call that is too short to read the clock for each, in milliseconds. */
const CHEAP_CALL_MS = 0.1;
/**
 * The target length of a turn, as a share of `maxWait`. A call waits for the rest of one turn, and for the next one.
 */
const MAX_TURN_SHARE = 2 / 3;
/** The weight of the last turn in the mean time of a call. */
const LAST_TURN_WEIGHT = 1 / 8;
/** The factor by which the limit of concurrent calls grows after each short turn. */
const GROWTH_FACTOR = 1.02;

/**
 * Detects that the thread has more work than it can do. A single long turn of the event loop is not an overload: the
 * calls that arrived in it are served late. It is an overload if long turns do not end: then the backlog grows, and the
 * only remedy is to reject calls.
 *
 * The synchronous work of handlers is limited when a call arrives: a call that has waited too long is rejected. The
 * work that handlers do after an `await` is not visible at that time. So the number of concurrent calls is also
 * limited: the limit shrinks after a turn that took too long, and grows slowly after short ones.
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
  /** The mean processor time of a call, in milliseconds; 0 if it is negligible. */
  #meanCallMs = 0;
  #maxInFlight = Infinity;

  constructor(rules: OverloadRules, clock: Clock) {
    this.rules = rules;
    this.#clock = clock;
    // Under constant overload a turn takes about two thirds of `maxWait`. A turn of an eighth leaves no backlog.
    this.#loop = new EventLoop(rules.maxWait / 8, rules.maxWait, clock, (took, work) => this.#turned(took, work));
  }

  /** Returns whether to reject a call that arrives now. */
  refuses(): boolean {
    if (this.#skip > 0) {
      this.#skip--;
      this.#served++;
      return false;
    }
    const now = this.#clock.now();
    const { maxWait } = this.rules;
    const waited = this.#loop.waited(now);
    const easy = waited < maxWait / 2 && this.#maxInFlight === Infinity;
    if (easy && now - this.#looked < CHEAP_CALL_MS * CALLS_PER_CLOCK_READ) this.#skip = CALLS_PER_CLOCK_READ - 1;
    this.#looked = now;
    if (waited <= maxWait ? this.#inFlight < this.#maxInFlight : !this.#isOverload(now, this.#loop.worked(now))) {
      this.#served++;
      return false;
    }
    this.#loop.refused();
    return true;
  }

  /** Reports a call that continues asynchronously after it was begun. */
  began(): void {
    if (++this.#inFlight > this.#peak) this.#peak = this.#inFlight;
  }

  /** Reports that such a call has ended. */
  readonly ended = (): void => {
    this.#inFlight--;
    if (++this.#done % CALLS_PER_CLOCK_READ === 0) this.#loop.look(this.#clock.now());
  };

  /** Stops the timer. */
  close(): void {
    this.#loop.close();
  }

  /**
   * Whether the excess of work is more than a burst or a blocking handler. The backlog of those is served late instead
   * of rejected.
   */
  #isOverload(now: number, work: number): boolean {
    const burstMs = Math.max(this.rules.maxWait * BURST_RATIO, this.#meanCallMs * BURST_CALLS);
    return work > burstMs || this.#loop.behind(now) > burstMs;
  }

  #turned(took: number, work: number): void {
    const calls = this.#served + this.#done;
    if (calls > 0) this.#meanCallMs += (took / calls - this.#meanCallMs) * LAST_TURN_WEIGHT;
    const { maxWait } = this.rules;
    if (took > maxWait) {
      // The calls that ended in this turn made it long. The other in-flight calls still wait for something else.
      const tooMany = this.#done * (1 - MAX_TURN_SHARE * maxWait / took);
      if (this.#isOverload(this.#clock.now(), work)) {
        this.#maxInFlight = Math.max(1, Math.min(this.#maxInFlight, this.#peak) - tooMany);
      }
    } else if (took < maxWait / 2) {
      this.#maxInFlight = this.#maxInFlight * GROWTH_FACTOR + 0.25;
      // A limit of more than twice the concurrent calls has no effect, so it is removed.
      if (this.#maxInFlight > 2 * this.#peak + 10) this.#maxInFlight = Infinity;
    }
    this.#peak = this.#inFlight;
    this.#served = this.#done = 0;
  }
}
