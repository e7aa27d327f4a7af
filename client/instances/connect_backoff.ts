import { backoff, MIN_BACKOFF_MS } from "../../base/backoff.ts";

const MAX_BACKOFF_MS = 5000;
/** While no instance is ready, an instance is asked again after this share of its backoff. */
const URGENT_BACKOFF_SHARE = 0.2;

/** How long to wait before the next attempt to connect to an instance. */
export class ConnectBackoff {
  /** How many attempts have failed since the last success. */
  failures = 0;
  #delay = 0;

  /** Counts a failed attempt. */
  failed(): void {
    this.#delay = backoff(this.failures++, MAX_BACKOFF_MS);
  }

  /** Forgets the failures. */
  reset(): void {
    this.failures = this.#delay = 0;
  }

  /** The wait in milliseconds; shorter (`urgent`) while no instance is ready. */
  delay(urgent: boolean): number {
    return urgent ? Math.min(this.#delay, Math.max(MIN_BACKOFF_MS, this.#delay * URGENT_BACKOFF_SHARE)) : this.#delay;
  }
}
