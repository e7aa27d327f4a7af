import type { Logger } from "../base/logger.ts";
import { outsideScopes } from "../base/outside_scopes.ts";
import { after, timeOfDay } from "../base/time.ts";
import { hasNames, validityOf } from "../tls/validity.ts";
import type { ServerTls } from "../transport/transport.ts";

/** The longest time between two looks at the certificates, in milliseconds: somebody may set the clock. */
const LOOK_INTERVAL_MS = 3600_000;

const NO_NAMES = "tls.cert has no subjectAltName, with which clients compare the name that they call";

/**
 * Warns of certificates that have expired, are not valid yet or have no names: when they come into use, and when that
 * happens later.
 */
export class CertificateWatch {
  readonly #logger: Logger;
  readonly #service: string;
  #told = new Set<string>();
  #stop = () => {};

  constructor(logger: Logger, service: string) {
    this.#logger = logger;
    this.#service = service;
  }

  /** Watches these in place of those before. */
  watch(tls: ServerTls): void {
    this.stop();
    const now = timeOfDay();
    const { problems: dates, until } = validityOf(tls, now);
    const problems = hasNames(tls.cert) ? dates : [...dates, NO_NAMES];
    for (const problem of problems.filter((one) => !this.#told.has(one))) {
      this.#logger.warn(`${problem}; clients are refused, or refuse the server`, { service: this.#service });
    }
    this.#told = new Set(problems);
    const soon = Math.min(until - now, LOOK_INTERVAL_MS);
    this.#stop = outsideScopes(() => after(soon, () => this.watch(tls), false));
  }

  /** Ends it. */
  stop(): void {
    this.#stop();
  }
}
