import { SlidingWindow } from "../../base/collections/sliding_window.ts";
import type { BreakerRules } from "../../policy/client_rules.ts";

/**
 * How a call ended, as a breaker sees it; `"unknown"` says nothing of the service: the caller gave up, or made a
 * mistake.
 */
export type Verdict = "succeeded" | "failed" | "unknown";

/**
 * A circuit breaker: closed; open after too many failures; half-open while a few calls probe the service. It knows
 * nothing of calls. Its rules are passed at each step, so that they can change while it runs.
 */
export class Breaker {
  readonly #clock: () => number;
  #window = new SlidingWindow(1);
  /** When an open breaker becomes half-open; undefined while it is closed. */
  #openUntil: number | undefined;
  /** When it became half-open; undefined while it is not. */
  #halfOpenSince: number | undefined;
  #probing = 0;
  #passed = 0;
  /** Grows with each change of state. A call that began in an earlier state is not counted. */
  #epoch = 0;
  /** Why it opened, for the error. */
  #reason = "";

  /**
   * @param clock Returns milliseconds that never go back. Reading it is most of the cost of a step, so each step reads
   * it at most once.
   */
  constructor(clock: () => number) {
    this.#clock = clock;
  }

  /**
   * Lets a call pass, or refuses it.
   *
   * @param rules The rules at this moment.
   * @returns The pass, to be given back to {@linkcode leave}; or the reason why the call may not pass.
   */
  enter(rules: BreakerRules): number | string {
    if (this.#openUntil === undefined) return this.#epoch;
    const now = this.#clock();
    if (now < this.#openUntil) return `${this.#reason}; it tries again in ${seconds(this.#openUntil - now)}`;
    // Probes that have not ended after this time are replaced by new ones.
    if (this.#halfOpenSince === undefined || now - this.#halfOpenSince > rules.openTime) this.#halfOpen(now);
    if (this.#probing + this.#passed >= rules.probes) return `${this.#reason}; calls are probing whether it is over`;
    this.#probing++;
    return this.#epoch;
  }

  /** Counts a call that has ended. */
  leave(rules: BreakerRules, pass: number, verdict: Verdict): void {
    if (pass !== this.#epoch) return;
    if (this.#openUntil === undefined) {
      if (verdict !== "unknown") this.#count(rules, verdict === "failed", this.#clock());
      return;
    }
    this.#probing--;
    if (verdict === "failed") return this.#open(rules, this.#clock(), "a call that probed failed");
    if (verdict === "succeeded" && ++this.#passed >= rules.probes) this.#close();
  }

  #count(rules: BreakerRules, failed: boolean, now: number): void {
    const { window: length, samples, failureRate } = rules;
    if (this.#window.length !== length) this.#window = new SlidingWindow(length);
    const window = this.#window;
    window.add(failed, now);
    if (!failed || window.total < samples || window.failed < failureRate * window.total) return;
    const share = Math.round(window.failed / window.total * 100);
    this.#open(rules, now, `${window.failed} of ${window.total} calls (${share} %) failed within ${seconds(length)}`);
  }

  #open({ openTime }: BreakerRules, now: number, reason: string): void {
    this.#reset();
    this.#openUntil = now + openTime;
    this.#reason = reason;
  }

  #halfOpen(now: number): void {
    this.#epoch++;
    this.#halfOpenSince = now;
    this.#probing = this.#passed = 0;
  }

  #close(): void {
    this.#reset();
    this.#openUntil = undefined;
  }

  #reset(): void {
    this.#epoch++;
    this.#window = new SlidingWindow(this.#window.length);
    this.#halfOpenSince = undefined;
  }
}

const seconds = (ms: number) => `${Math.max(ms / 1000, 0.1).toFixed(1).replace(/\.0$/, "")} s`;
