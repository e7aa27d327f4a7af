import { RpcError } from "../../rpc/error.ts";
import { excerpt } from "../../base/excerpt.ts";
import { Status } from "../../rpc/status.ts";
import { every } from "../../base/time.ts";
import { Health, HealthCheckResponse_ServingStatus as Serving } from "../../proto/grpc/health/v1/health.ts";
import { type Route, routesOf } from "../call/handlers.ts";
import type { Phase } from "./http_handler.ts";
import type { HealthChecks } from "./checks.ts";

/** A value that can be watched. */
export interface Watched<T> {
  value: T;
  /** Those who are called after each change. */
  readonly watchers: Set<() => void>;
}

/** How often the checks run for a Watch, in milliseconds. */
const CHECK_INTERVAL_MS = 5000;

/**
 * The routes of `grpc.health.v1.Health`: `""` stands for the whole server. Each service is as well as the server: it is
 * SERVING while the server serves and all checks pass.
 *
 * @param services The names of the services.
 * @param intervalMs How often the checks run for a Watch, in milliseconds.
 */
export function healthRoutes(
  services: () => ReadonlyMap<string, unknown>,
  phase: Watched<Phase>,
  checks: HealthChecks,
  intervalMs = CHECK_INTERVAL_MS,
): Map<string, Route> {
  const knows = (service: string) => service === "" || services().has(service);
  const serverStatus = async () => {
    const serves = phase.value === "serving" && (!checks.any || await checks.pass());
    return serves && phase.value === "serving" ? Serving.SERVING : Serving.NOT_SERVING;
  };
  return routesOf(Health, {
    async check({ service }) {
      if (!knows(service)) throw new RpcError(Status.NOT_FOUND, `unknown service ${excerpt(service)}`);
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
        for (let told: Serving | undefined; !signal.aborted; await change) {
          ({ promise: change, resolve: wake } = Promise.withResolvers<void>());
          const leaving = phase.value === "draining";
          const status = knows(service) ? await serverStatus() : Serving.SERVICE_UNKNOWN;
          if (status !== told) yield { status: told = status };
          // A server that drains ends its watches, or they would hold it open.
          if (leaving) return;
        }
      } finally {
        stopChecking?.();
        phase.watchers.delete(onChange);
      }
    },
  });
}
