import type { Logger } from "../base/logger.ts";

/**
 * The least time between two warnings of one log, in milliseconds: a client that is refused often tries again at once.
 */
const WARN_INTERVAL_MS = 60_000;

/** Logs which connections a listener refused, and why: at most one warning a minute, the others with level debug. */
export class RefusalLog {
  readonly #logger: Logger;
  readonly #now: () => number;
  #warned = -Infinity;
  /** How many warnings were left out since the last. */
  #silent = 0;

  constructor(logger: Logger, now: () => number = () => performance.now()) {
    this.#logger = logger;
    this.#now = now;
  }

  /**
   * Logs one.
   *
   * @param peer Its address, if that is known.
   * @param why Why it was refused.
   * @param warn Whether its owner finds out in this log only.
   */
  refused(peer: string | undefined, why: string, warn: boolean = false): void {
    const now = this.#now();
    const loud = warn && now - this.#warned >= WARN_INTERVAL_MS;
    const others = loud && this.#silent > 0 ? { others: this.#silent } : {};
    this.#logger[loud ? "warn" : "debug"]("a connection was refused", { peer, error: why, ...others });
    if (loud) this.#warned = now;
    if (warn) this.#silent = loud ? 0 : this.#silent + 1;
  }
}
