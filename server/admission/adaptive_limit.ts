/** How long a window is at least, in milliseconds, and how many calls it judges by. */
const MIN_WINDOW_MS = 200;
const MIN_WINDOW_CALLS = 20;
/** How many times as long as without a queue a call may take. */
const LATENCY_TOLERANCE_RATIO = 1.5;
/** How much smaller it gets at most in one window: a pause of the garbage collector is no queue. */
const MAX_DECREASE_RATIO = 0.7;
const INITIAL_LIMIT = 20;
const MIN_LIMIT = 4;
const MAX_LIMIT = 10_000;

/**
 * Finds how many calls at a time are enough: where there are more, they take longer without more of them being done. In
 * each window it compares the mean time of calls with the mean time without a queue: where it is much longer, the limit
 * gets smaller by as much, else it grows by its root if it is reached, to find out whether more is possible. The idea
 * is that of TCP Vegas and of Netflix's gradient limit.
 *
 * What a call takes without a queue is learned while the limit is not reached. It may change while it is: the database
 * has become slow. That is found out too: a queue of ours would be gone with half the limit, so what halving does not
 * change is no queue.
 */
export class AdaptiveLimit {
  #limit = INITIAL_LIMIT;
  /** The mean time of a call without a queue. */
  #base: number | undefined;
  /** Grows fast until it has once been too large. */
  #young = true;
  #shrinking: { from: number; mean: number } | undefined;
  #start = -Infinity;
  #count = 0;
  #sum = 0;
  #peak = 0;

  /** How many calls at a time. */
  get limit(): number {
    return Math.floor(this.#limit);
  }

  /** A call begins, so that there are so many at a time. */
  began(inFlight: number): void {
    if (inFlight > this.#peak) this.#peak = inFlight;
  }

  /** A call has ended that began at `began`. */
  ended(began: number, now: number): void {
    if (this.#start === -Infinity) this.#start = began;
    // What began under another limit says nothing of this one.
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
    if (gradient < 1) this.#limit = Math.max(this.#limit * gradient, MIN_LIMIT);
    // A limit that nobody reaches need not grow.
    else if (busy) this.#limit = Math.min(limit + (this.#young ? limit / 2 : Math.sqrt(limit)), MAX_LIMIT);
  }

  #learn(mean: number, free: boolean): void {
    if (this.#base === undefined || mean < this.#base) this.#base = mean;
    else if (free) this.#base += (mean - this.#base) / 4;
  }

  /** Whether making the limit smaller makes calls shorter. */
  #watch(gradient: number, mean: number): void {
    if (gradient === 1) this.#shrinking = undefined;
    else if (this.#shrinking === undefined) this.#shrinking = { from: this.#limit, mean };
    else if (this.#limit <= this.#shrinking.from / 2) {
      if (mean > 0.8 * this.#shrinking.mean) {
        this.#base = mean;
        this.#limit = this.#shrinking.from;
      }
      this.#shrinking = undefined;
    }
  }
}
