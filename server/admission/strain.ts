import type { Clock } from "./clock.ts";

/** The interval of the checks, in milliseconds. */
const CHECK_INTERVAL_MS = 1000;
/** A check counts as strained if more than this share of the calls was rejected since the last one. */
const MIN_REFUSED_SHARE = 0.1;
/** The number of calm checks in a row after which the strain is over. */
const CALM_CHECKS = 3;

/**
 * Detects that a server has been overloaded for long: more than a tenth of its calls were rejected in most seconds,
 * with at most two calm checks in a row. There is no timer while no call is rejected.
 */
export class Strain {
  readonly #clock: Clock;
  readonly #onChange: (strained: boolean) => void;
  #calls = 0;
  #refused = 0;
  #since: number | undefined;
  #calm = 0;
  #strained = false;
  #cancel: (() => void) | undefined;
  /** The duration of an overload after which it is reported, in milliseconds. */
  reportAfterMs = Infinity;

  /** @param onChange Called with true when the strain begins, and with false when it is over. */
  constructor(clock: Clock, onChange: (strained: boolean) => void) {
    this.#clock = clock;
    this.#onChange = onChange;
  }

  /** Counts a call. */
  came(): void {
    this.#calls++;
  }

  /** Counts a rejected call. It was counted by {@linkcode came} before. */
  refused(): void {
    this.#refused++;
    if (this.reportAfterMs === Infinity || this.#cancel !== undefined) return;
    this.#calls = this.#refused = 1; // counting starts with this call
    this.#since = this.#clock.now();
    this.#cancel = this.#clock.after(CHECK_INTERVAL_MS, this.#look);
  }

  /** Stops the timer. */
  close(): void {
    this.#cancel?.();
    this.#cancel = undefined;
  }

  readonly #look = (): void => {
    const now = this.#clock.now();
    if (this.#refused > this.#calls * MIN_REFUSED_SHARE) this.#calm = 0;
    else if (++this.#calm === CALM_CHECKS) return this.#over();
    this.#calls = this.#refused = 0;
    this.#cancel = this.#clock.after(CHECK_INTERVAL_MS, this.#look);
    if (!this.#strained && this.#calm === 0 && now - this.#since! >= this.reportAfterMs) this.#set(true);
  };

  #over(): void {
    this.#cancel = this.#since = undefined;
    this.#calm = 0;
    this.#set(false);
  }

  #set(strained: boolean): void {
    if (this.#strained === strained) return;
    this.#strained = strained;
    this.#onChange(strained);
  }
}
