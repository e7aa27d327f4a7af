/** The minimum length of a window, in milliseconds and in calls. */
const MIN_WINDOW_MS = 200;
const MIN_WINDOW_CALLS = 20;
/** The tolerated ratio of the mean latency to the latency without a queue. */
const LATENCY_TOLERANCE_RATIO = 1.5;
/**
 * The lowest factor by which one window reduces the limit. A pause of the garbage collector must not reduce it further.
 */
const MAX_DECREASE_RATIO = 0.7;
/** If half the limit leaves more than this share of the latency, there was no queue of this server. */
const HIGH_LATENCY_RATIO = 0.8;
const INITIAL_LIMIT = 20;
const MIN_LIMIT = 4;
const MAX_LIMIT = 10_000;

/**
 * Finds the best limit of concurrent calls: more of them would increase the latency but not the throughput. In each
 * window it compares the mean latency with the latency without a queue. If the mean is much higher, the limit shrinks
 * by the same ratio. Otherwise, if the limit was reached, it grows by its square root, to find out whether more calls
 * are possible. The idea comes from TCP Vegas and from Netflix's gradient limit.
 *
 * The latency without a queue is measured while the limit is not reached. It may also change while the limit is
 * reached, for example if a database becomes slow. That is detected as follows: half the limit would remove a queue of
 * this server. So if the latency is still high at half the limit, there is no queue, and it becomes the new latency
 * without a queue.
 */
export class AdaptiveLimit {
  #limit = INITIAL_LIMIT;
  /** The mean latency of a call without a queue, in milliseconds. */
  #base: number | undefined;
  /** Whether the limit has never been too large. Until then it grows fast. */
  #young = true;
  /** The limit and the mean latency when it began to shrink; undefined while it does not. */
  #shrinking: { from: number; mean: number } | undefined;
  #start = -Infinity;
  #count = 0;
  #sum = 0;
  #peak = 0;

  /** The limit of concurrent calls. */
  get limit(): number {
    return Math.floor(this.#limit);
  }

  /** Reports that a call begins. `inFlight` is the number of concurrent calls, with this one. */
  began(inFlight: number): void {
    if (inFlight > this.#peak) this.#peak = inFlight;
  }

  /** Reports that a call has ended. `began` is when it began, in milliseconds of the clock. */
  ended(began: number, now: number): void {
    if (this.#start === -Infinity) this.#start = began;
    // A call that began under another limit says nothing about this one.
    if (began < this.#start) return;
    this.#count++;
    this.#sum += now - began;
    if (this.#count < MIN_WINDOW_CALLS || now - this.#start < MIN_WINDOW_MS) return;
    this.#judge(this.#sum / this.#count);
    this.#start = now;
    this.#count = this.#sum = this.#peak = 0;
  }

  #judge(mean: number): void {
    const limit = this.#limit;
    const busy = this.#peak >= this.limit;
    this.#learn(mean, this.#peak <= limit / 2);
    const gradient = Math.max(
      MAX_DECREASE_RATIO,
      Math.min(1, LATENCY_TOLERANCE_RATIO * this.#base! / Math.max(mean, 1e-3)),
    );
    if (gradient < 1) this.#young = false;
    this.#watch(gradient, mean);
    // #watch may have restored the limit.
    if (gradient < 1) this.#limit = Math.max(this.#limit * gradient, MIN_LIMIT);
    // A limit that is not reached does not need to grow.
    else if (busy) this.#limit = Math.min(limit + (this.#young ? limit / 2 : Math.sqrt(limit)), MAX_LIMIT);
  }

  #learn(mean: number, free: boolean): void {
    if (this.#base === undefined || mean < this.#base) this.#base = mean;
    else if (free) this.#base += (mean - this.#base) / 4;
  }

  /**
   * Checks whether a smaller limit reduces the latency. If it does not, restores the limit and takes the latency as the
   * base.
   */
  #watch(gradient: number, mean: number): void {
    if (gradient === 1) this.#shrinking = undefined;
    else if (this.#shrinking === undefined) this.#shrinking = { from: this.#limit, mean };
    else if (this.#limit <= this.#shrinking.from / 2) {
      if (mean > HIGH_LATENCY_RATIO * this.#shrinking.mean) {
        this.#base = mean;
        this.#limit = this.#shrinking.from;
      }
      this.#shrinking = undefined;
    }
  }
}
