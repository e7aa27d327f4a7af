import type { OverloadRules } from "../../policy/server_rules.ts";
import type { Clock } from "./clock.ts";
import { EventLoop } from "./event_loop.ts";

/** What is no longer a burst: the loop has been behind for so many times the longest wait. Until then a call may wait as long as that too. */
const PATIENCE = 5;
/** So many calls may be handled without a look at the clock, as long as they take less than {@linkcode CHEAP} each. */
const STRIDE = 8;
/** In milliseconds. */
const CHEAP = 0.1;

/**
 * Whether the processor has more to do than it can. A single turn that takes long is none: what came meanwhile is served, late as it is. It is
 * when the event loop does not come to rest any more: then what waits grows as long as anybody calls, and the only remedy is to take less.
 */
export class Overload {
  readonly rules: OverloadRules;
  readonly #loop: EventLoop;
  readonly #clock: Clock;
  #skip = 0;
  #looked = 0;

  constructor(rules: OverloadRules, clock: Clock) {
    this.rules = rules;
    this.#clock = clock;
    // A quarter of the longest wait is nothing to catch up with; at the balance of refusing and serving, a turn takes two thirds.
    this.#loop = new EventLoop(rules.maxWait / 8, clock);
  }

  /** Whether a call that comes now has waited too long. */
  refuses(): boolean {
    if (this.#skip > 0) {
      this.#skip--;
      return false;
    }
    const now = this.#clock.now();
    const { maxWait } = this.rules;
    const waited = this.#loop.waited(now);
    if (waited < maxWait / 2 && now - this.#looked < CHEAP * STRIDE) this.#skip = STRIDE - 1;
    this.#looked = now;
    if (waited <= maxWait) return false;
    if (waited <= maxWait * PATIENCE && this.#loop.behind(now) <= maxWait * PATIENCE) return false;
    this.#loop.refused();
    return true;
  }

  /** Ends its timer. */
  close(): void {
    this.#loop.close();
  }
}
