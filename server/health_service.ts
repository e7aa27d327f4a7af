import { RpcError } from "../rpc/error.ts";
import { Status } from "../rpc/status.ts";
import { Health, HealthCheckResponse_ServingStatus as Serving } from "../proto/grpc/health/v1/health.ts";
import { type Route, routesOf } from "./handlers.ts";
import type { Phase } from "./health.ts";

/** A value that can be watched. */
export interface Watched<T> {
  value: T;
  /** Those who are called after each change. */
  readonly watchers: Set<() => void>;
}

/** The routes of `grpc.health.v1.Health`: `""` stands for the whole server. */
export function healthRoutes(
  services: () => { has(service: string): boolean },
  phase: Watched<Phase>,
): Map<string, Route> {
  const statusOf = (service: string, now: Phase) => {
    if (service !== "" && !services().has(service)) return Serving.SERVICE_UNKNOWN;
    return now === "serving" ? Serving.SERVING : Serving.NOT_SERVING;
  };
  return routesOf(Health, {
    check({ service }) {
      const status = statusOf(service, phase.value);
      if (status === Serving.SERVICE_UNKNOWN) throw new RpcError(Status.NOT_FOUND, `unknown service ${service}`);
      return { status };
    },
    async *watch({ service }, { signal }) {
      let { promise: change, resolve: wake } = Promise.withResolvers<void>();
      const onChange = () => wake();
      phase.watchers.add(onChange);
      signal.addEventListener("abort", onChange, { once: true });
      try {
        for (let told: Serving | undefined; !signal.aborted; await change) {
          ({ promise: change, resolve: wake } = Promise.withResolvers<void>());
          const now = phase.value;
          const status = statusOf(service, now);
          if (status !== told) yield { status: told = status };
          // A server that drains ends its watches, or they would hold it open.
          if (now === "draining") return;
        }
      } finally {
        phase.watchers.delete(onChange);
      }
    },
  });
}
