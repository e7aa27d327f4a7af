import type { Address } from "../../base/address.ts";
import { isWildcard } from "../../registry/advertise.ts";
import type { CheckResults, HealthChecks } from "./checks.ts";

/**
 * The phase in the life of a server. It is ready only while it is `serving`. It becomes `overloaded` when an overload
 * has lasted for `overload.unreadyAfter`, and `serving` again when the overload is over.
 */
export type Phase = "starting" | "serving" | "overloaded" | "draining";

/**
 * The JSON response of `/health` and `/readyz`. The HTTP status is 200 if `status` is `"serving"`, else 503. The report
 * contains no values that change all the time, such as an uptime: Consul stores it as the output of the check, and each
 * change of the output wakes every client that watches the service.
 */
export interface HealthReport {
  /** The service's name. */
  service: string;
  /** The phase of the server, or `"failing"` if it serves and a check fails. */
  status: Phase | "failing";
  /** The result of each check. The reason of a failure is only in the log. */
  checks: CheckResults;
}

/** The parts that the health endpoints use. */
export interface HealthSetup {
  readonly service: string;
  readonly checks: HealthChecks;
  phase(): Phase;
}

/** Returns the handler of `/health` and `/readyz` (readiness) and `/livez` (liveness, with the uptime in seconds). */
export function healthHandler(setup: HealthSetup): (request: Request) => Promise<Response> {
  const start = performance.now();
  return async (request) => {
    const path = pathOf(request.url);
    if (!["/health", "/livez", "/readyz"].includes(path)) {
      return Response.json({ error: "not found" }, { status: 404 });
    }
    if (request.method !== "GET" && request.method !== "HEAD") {
      return Response.json({ error: "use GET" }, { status: 405, headers: { allow: "GET, HEAD" } });
    }
    if (path === "/livez") {
      const uptime = Math.round((performance.now() - start) / 1000);
      return Response.json({ service: setup.service, status: "alive", uptime });
    }
    const report: HealthReport = {
      service: setup.service,
      status: setup.phase(),
      checks: await setup.checks.run(),
    };
    if (report.status === "serving" && Object.values(report.checks).includes("failed")) report.status = "failing";
    return Response.json(report, {
      status: report.status === "serving" ? 200 : 503,
      headers: { "cache-control": "no-store" },
    });
  };
}

/** Returns the path of a URL. `new URL` would throw if the client sends an invalid Host header. */
function pathOf(url: string): string {
  return /^\w+:\/\/[^/?#]*([^?#]*)/.exec(url)?.[1] ?? "";
}

/**
 * Returns the URL of the health endpoint for the registry. If the endpoint listens on all interfaces, the URL has the
 * advertised host.
 */
export function healthUrl(address: Extract<Address, { kind: "tcp" }>, advertised: string): string {
  const host = isWildcard(address.host) ? advertised.slice(0, advertised.lastIndexOf(":")) : address.host;
  return `http://${host.includes(":") && !host.startsWith("[") ? `[${host}]` : host}:${address.port}/health`;
}
