import type { Logger } from "../../base/logger.ts";
import type { Phase } from "./http_handler.ts";
import type { Watched } from "./grpc_service.ts";

/** Where a server is in its life, for all who watch it. */
export class Life implements Watched<Phase> {
  readonly watchers: Set<() => void> = new Set();
  value: Phase = "starting";

  /** The next phase begins. */
  enter(phase: Phase): void {
    this.value = phase;
    for (const watcher of this.watchers) watcher();
  }

  /** It has been overloaded for long, or is no more. A server that is leaving is not ready anyway. */
  strained(strained: boolean, service: string, logger: Logger): void {
    if (this.value !== (strained ? "serving" : "overloaded")) return;
    this.enter(strained ? "overloaded" : "serving");
    if (strained) logger.warn("not ready: overloaded for long (overload.unreadyAfter)", { service });
    else logger.info("ready again: overloaded no more", { service });
  }
}
