/** After so many milliseconds what was seen counts for 1/e of what it did. */
const DECAY_MS = 3000;

/**
 * How long an instance takes to answer: a moving average that follows a slower answer at once and a faster one by and
 * by, and fades while none comes, so that one that was slow is tried again. Times are milliseconds.
 *
 * @see https://linkerd.io/2016/03/16/beyond-round-robin-load-balancing-for-latency/
 */
export class Latency {
  #value = -1;
  #at = 0;

  /** Takes one more. */
  observe(latency: number, now: number): void {
    const kept = Math.exp(Math.min(0, this.#at - now) / DECAY_MS);
    // The first is not averaged with nothing.
    this.#value = latency > this.#value ? latency : this.#value * kept + latency * (1 - kept);
    this.#at = now;
  }

  /** Takes one that was given up after so long without an answer: it would have taken longer. */
  atLeast(latency: number, now: number): void {
    if (latency > (this.at(now) ?? 0)) this.observe(latency, now);
  }

  /** What it is now, or was last if no time is given; undefined before the first. */
  at(now: number = this.#at): number | undefined {
    return this.#value < 0 ? undefined : this.#value * Math.exp(Math.min(0, this.#at - now) / DECAY_MS);
  }
}
