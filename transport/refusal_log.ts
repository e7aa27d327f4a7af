import type { Logger } from "../base/logger.ts";

/** The minimum time between two warnings of one log, in milliseconds. A rejected client often retries at once. */
const WARN_INTERVAL_MS = 60_000;

/**
 * Logs the connections that a listener rejected, and why. It logs at most one warning a minute, and the others at level
 * debug.
 */
export class RefusalLog {
  readonly #logger: Logger;
  readonly #now: () => number;
  #warned = -Infinity;
  /** How many warnings were suppressed since the last one. */
  #silent = 0;

  constructor(logger: Logger, now: () => number = () => performance.now()) {
    this.#logger = logger;
    this.#now = now;
  }

  /**
   * Logs a rejected connection.
   *
   * @param peer The address of the peer, if it is known.
   * @param why Why the connection was rejected.
   * @param warn Whether the rejection is worth a warning, because the peer's owner can see the reason nowhere else.
   */
  refused(peer: string | undefined, why: string, warn: boolean = false): void {
    const now = this.#now();
    const loud = warn && now - this.#warned >= WARN_INTERVAL_MS;
    const others = loud && this.#silent > 0 ? { others: this.#silent } : {};
    this.#logger[loud ? "warn" : "debug"]("a connection was rejected", { peer, error: why, ...others });
    if (loud) this.#warned = now;
    if (warn) this.#silent = loud ? 0 : this.#silent + 1;
  }
}
