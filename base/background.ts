import type { Logger } from "./logger.ts";
import { outsideScopes } from "./outside_scopes.ts";

/**
 * Starts work that no code awaits. A failure is logged, because an unhandled rejection would end the process. The work
 * runs outside of every async context: otherwise it would hold the context of the call that happens to start it, with
 * its trace and its user, until it ends.
 *
 * @param name The name of the work, for the log: `"the watch of the registry"`.
 * @param logger A logger of {@linkcode guardedLogger}.
 * @param work The function that does the work.
 */
export function inBackground(name: string, logger: Logger, work: () => unknown): void {
  outsideScopes(() => Promise.try(work)).catch((error) => logger.error(`${name} has failed`, { error }));
}
