import type { Logger } from "../../base/logger.ts";
import type { Phase } from "./http_handler.ts";
import type { Watched } from "./grpc_service.ts";

/** The phase of a server, which can be watched. */
export class ServerPhase implements Watched<Phase> {
  readonly watchers: Set<() => void> = new Set();
  value: Phase = "starting";

  /** Enters a phase, and calls the watchers. */
  enter(phase: Phase): void {
    this.value = phase;
    for (const watcher of this.watchers) watcher();
  }

  /**
   * Enters or leaves the phase `overloaded`. It has no effect while the server starts or drains, because the server is
   * not ready then anyway.
   */
  strained(strained: boolean, service: string, logger: Logger): void {
    if (this.value !== (strained ? "serving" : "overloaded")) return;
    this.enter(strained ? "overloaded" : "serving");
    if (strained) logger.warn("not ready: overloaded for long (overload.unreadyAfter)", { service });
    else logger.info("ready again: no longer overloaded", { service });
  }
}
