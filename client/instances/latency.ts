/** After this time an observed latency counts for 1/e of what it did. */
const DECAY_MS = 3000;

/**
 * A moving average of an instance's latency, in milliseconds. It follows a slower response at once and a faster one
 * step by step. It decays without responses, so that an instance that was slow is tried again.
 *
 * @see https://linkerd.io/2016/03/16/beyond-round-robin-load-balancing-for-latency/
 */
export class Latency {
  #value = -1;
  #at = 0;

  /** Adds the latency of a response. */
  observe(latency: number, now: number): void {
    const kept = Math.exp(Math.min(0, this.#at - now) / DECAY_MS);
    // The first latency is always greater than the initial value, so it is taken as it is.
    this.#value = latency > this.#value ? latency : this.#value * kept + latency * (1 - kept);
    this.#at = now;
  }

  /** Adds the duration of a call that was given up without a response: a lower bound of its latency. */
  atLeast(latency: number, now: number): void {
    if (latency > (this.at(now) ?? 0)) this.observe(latency, now);
  }

  /** The average at a time; without a time, at the last response. Undefined before the first. */
  at(now: number = this.#at): number | undefined {
    return this.#value < 0 ? undefined : this.#value * Math.exp(Math.min(0, this.#at - now) / DECAY_MS);
  }
}
