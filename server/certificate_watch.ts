import type { Logger } from "../base/logger.ts";
import { outsideScopes } from "../base/outside_scopes.ts";
import { after, timeOfDay } from "../base/time.ts";
import { hasNames, validityOf } from "../tls/validity.ts";
import type { ServerTls } from "../transport/transport.ts";

/**
 * The longest time between two checks of the certificates, in milliseconds. The checks repeat because the system clock
 * may be set.
 */
const LOOK_INTERVAL_MS = 3600_000;

const NO_NAMES = "tls.cert has no subjectAltName, so clients can't verify the name of the server";

/**
 * Warns about certificates that have expired, are not valid yet or have no names. It checks a certificate when the
 * server starts to use it, and again when its validity changes.
 */
export class CertificateWatch {
  readonly #logger: Logger;
  readonly #service: string;
  #reported = new Set<string>();
  #stop = () => {};

  constructor(logger: Logger, service: string) {
    this.#logger = logger;
    this.#service = service;
  }

  /** Watches these certificates instead of the previous ones. */
  watch(tls: ServerTls): void {
    this.stop();
    const now = timeOfDay();
    const { problems: dates, until } = validityOf(tls, now);
    const problems = hasNames(tls.cert) ? dates : [...dates, NO_NAMES];
    for (const problem of problems.filter((problem) => !this.#reported.has(problem))) {
      this.#logger.warn(`${problem}; clients are rejected, or reject the server`, { service: this.#service });
    }
    this.#reported = new Set(problems);
    const nextCheckMs = Math.min(until - now, LOOK_INTERVAL_MS);
    this.#stop = outsideScopes(() => after(nextCheckMs, () => this.watch(tls), false));
  }

  /** Ends the watch. */
  stop(): void {
    this.#stop();
  }
}
