import type { Logger } from "./logger.ts";
import { outsideScopes } from "./outside_scopes.ts";

/**
 * Starts work that nobody waits for. It runs outside of every async context: it would keep the one of the call that
 * happens to start it, with its traces and its user, for as long as it lasts. Its failure goes into the log: an
 * unhandled rejection ends the process.
 *
 * @param what The work, for the log: `"the watch of the registry"`.
 * @param logger One of {@linkcode guardedLogger}.
 * @param work Starts it.
 */
export function inBackground(what: string, logger: Logger, work: () => unknown): void {
  outsideScopes(() => Promise.try(work)).catch((error) => logger.error(`${what} has failed`, { error }));
}
