import type { Address } from "../../base/address.ts";
import { isWildcard } from "../../registry/advertise.ts";
import type { CheckResults, HealthChecks } from "./checks.ts";

/**
 * Where a server is in its life. Only while it is `serving` it is ready; `overloaded` it is after
 * `overload.unreadyAfter`, until it is not.
 */
export type Phase = "starting" | "serving" | "overloaded" | "draining";

/**
 * What `/health` and `/readyz` answer, in JSON: with status 200 if `status` is `"serving"`, else 503. It says nothing
 * that changes by itself: Consul shows it as the check's output, and whenever that is another, it wakes every client
 * that watches the service.
 */
export interface HealthReport {
  /** The service's name. */
  service: string;
  /** The server's phase, or `"failing"` if a check says no. */
  status: Phase | "failing";
  /** What each check says. Why it fails is in the log, not here. */
  checks: CheckResults;
}

/** What the health endpoints work with. */
export interface HealthSetup {
  readonly service: string;
  readonly checks: HealthChecks;
  phase(): Phase;
}

/** Answers `/health` and `/readyz` (readiness), and `/livez` (liveness, and for how many seconds). */
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

/** The path of a URL. Its host is what the caller says, which may be no host at all. */
function pathOf(url: string): string {
  return /^\w+:\/\/[^/?#]*([^?#]*)/.exec(url)?.[1] ?? "";
}

/** The URL of an endpoint as the registry reaches it: where it listens on all interfaces, by the advertised host. */
export function healthUrl(address: Extract<Address, { kind: "tcp" }>, advertised: string): string {
  const host = isWildcard(address.host) ? advertised.slice(0, advertised.lastIndexOf(":")) : address.host;
  return `http://${host.includes(":") && !host.startsWith("[") ? `[${host}]` : host}:${address.port}/health`;
}
