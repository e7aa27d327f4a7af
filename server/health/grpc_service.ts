import { RpcError } from "../../rpc/error.ts";
import { excerpt } from "../../base/text/excerpt.ts";
import { Status } from "../../rpc/status.ts";
import { every } from "../../base/time.ts";
import { Health, HealthCheckResponse_ServingStatus as Serving } from "../../proto/grpc/health/v1/health.ts";
import { type Route, routesOf } from "../call/handlers.ts";
import type { Phase } from "./http_handler.ts";
import type { HealthChecks } from "./checks.ts";

/** A value that can be watched. */
export interface Watched<T> {
  value: T;
  /** Functions that are called after each change. */
  readonly watchers: Set<() => void>;
}

/** The interval of the checks for a Watch, in milliseconds. */
const CHECK_INTERVAL_MS = 5000;

/**
 * Returns the routes of `grpc.health.v1.Health`. The name `""` means the whole server. All services have the status of
 * the server: SERVING while it serves and all checks pass.
 *
 * @param services Returns the services, by name.
 * @param intervalMs The interval of the checks for a Watch, in milliseconds.
 */
export function healthRoutes(
  services: () => ReadonlyMap<string, unknown>,
  phase: Watched<Phase>,
  checks: HealthChecks,
  intervalMs = CHECK_INTERVAL_MS,
): Map<string, Route> {
  const exists = (service: string) => service === "" || services().has(service);
  const serverStatus = async () => {
    const serves = phase.value === "serving" && (!checks.any || await checks.pass());
    return serves && phase.value === "serving" ? Serving.SERVING : Serving.NOT_SERVING;
  };
  return routesOf(Health, {
    async check({ service }) {
      if (!exists(service)) throw new RpcError(Status.NOT_FOUND, `unknown service ${excerpt(service)}`);
      return { status: await serverStatus() };
    },
    async list() {
      const status = await serverStatus();
      return { statuses: new Map(["", ...services().keys()].map((service) => [service, { status }])) };
    },
    async *watch({ service }, { signal }) {
      let { promise: change, resolve: wake } = Promise.withResolvers<void>();
      const onChange = () => wake();
      phase.watchers.add(onChange);
      signal.addEventListener("abort", onChange, { once: true });
      const stopChecking = checks.any ? every(intervalMs, onChange) : undefined;
      try {
        for (let sent: Serving | undefined; !signal.aborted; await change) {
          ({ promise: change, resolve: wake } = Promise.withResolvers<void>());
          const leaving = phase.value === "draining";
          const status = exists(service) ? await serverStatus() : Serving.SERVICE_UNKNOWN;
          if (status !== sent) yield { status: sent = status };
          // A draining server ends its watches, because they would otherwise delay its stop.
          if (leaving) return;
        }
      } finally {
        stopChecking?.();
        phase.watchers.delete(onChange);
      }
    },
  });
}
