import type { Clock } from "./clock.ts";

/** How often it looks, in milliseconds. */
const CHECK_INTERVAL_MS = 1000;
/** The share of calls that must be refused for a second to count. */
const MIN_REFUSED_SHARE = 0.1;
/** How many seconds in a row must be good for the strain to be over. */
const CALM_CHECKS = 3;

/**
 * Whether a server has been overloaded for long: at least a tenth of its calls refused in each second. Nothing is
 * looked at while none is.
 */
export class Strain {
  readonly #clock: Clock;
  readonly #tell: (strained: boolean) => void;
  #calls = 0;
  #refused = 0;
  #since: number | undefined;
  #calm = 0;
  #strained = false;
  #cancel: (() => void) | undefined;
  /** After how long it is told, in milliseconds. */
  after = Infinity;

  /**
   * Makes one.
   *
   * @param tell Told when it begins, and when it is over.
   */
  constructor(clock: Clock, tell: (strained: boolean) => void) {
    this.#clock = clock;
    this.#tell = tell;
  }

  /** A call has come. */
  came(): void {
    this.#calls++;
  }

  /** It was refused. */
  refused(): void {
    this.#refused++;
    if (this.after === Infinity || this.#cancel !== undefined) return;
    this.#calls = this.#refused = 1;
    this.#since = this.#clock.now();
    this.#cancel = this.#clock.after(CHECK_INTERVAL_MS, this.#look);
  }

  /** Ends its timer. */
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
    if (!this.#strained && this.#calm === 0 && now - this.#since! >= this.after) this.#set(true);
  };

  #over(): void {
    this.#cancel = this.#since = undefined;
    this.#calm = 0;
    this.#set(false);
  }

  #set(strained: boolean): void {
    if (this.#strained === strained) return;
    this.#strained = strained;
    this.#tell(strained);
  }
}
