import { RpcError } from "../rpc/error.ts";
import { Status } from "../rpc/status.ts";
import { Health, HealthCheckResponse_ServingStatus as Serving } from "../proto/grpc/health/v1/health.ts";
import { type Route, routesOf } from "./handlers.ts";
import type { Phase } from "./health.ts";

/** A value that can be watched. */
export interface Watched<T> {
  readonly value: T;
  /** Resolves at the next change. */
  readonly changed: Promise<void>;
}

/** The routes of `grpc.health.v1.Health`: `""` stands for the whole server. */
export function healthRoutes(services: () => ReadonlySet<string>, phase: () => Watched<Phase>): Map<string, Route> {
  const statusOf = (service: string, now: Phase) => {
    if (service !== "" && !services().has(service)) return Serving.SERVICE_UNKNOWN;
    return now === "serving" ? Serving.SERVING : Serving.NOT_SERVING;
  };
  return routesOf(Health, {
    check({ service }) {
      const status = statusOf(service, phase().value);
      if (status === Serving.SERVICE_UNKNOWN) throw new RpcError(Status.NOT_FOUND, `unknown service ${service}`);
      return { status };
    },
    async *watch({ service }, { signal }) {
      const { promise: gone, resolve } = Promise.withResolvers<void>();
      signal.addEventListener("abort", () => resolve(), { once: true });
      let told: Serving | undefined;
      while (!signal.aborted) {
        const now = phase();
        const status = statusOf(service, now.value);
        if (status !== told) yield { status: told = status };
        // A server that drains ends its watches, or they would hold it open.
        if (now.value === "draining") return;
        await Promise.race([now.changed, gone]);
      }
    },
  });
}
