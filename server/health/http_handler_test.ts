import { assertEquals } from "@std/assert";
import { createLogger } from "../../base/logger.ts";
import { healthHandler, type Phase } from "./http_handler.ts";
import { type HealthCheck, HealthChecks } from "./checks.ts";

async function ask(path: string, phase: Phase, checks: Record<string, HealthCheck> = {}, method = "GET") {
  const lines: string[] = [];
  const logger = createLogger("info", (line) => lines.push(line));
  const handler = healthHandler({ service: "echo", checks: new HealthChecks(checks, 20, logger), phase: () => phase });
  const response = await handler(new Request(`http://localhost${path}`, { method }));
  return { status: response.status, body: await response.json(), lines };
}

Deno.test("/health and /readyz answer 200 only while the server serves", async () => {
  for (const path of ["/health", "/readyz"]) {
    assertEquals(await ask(path, "serving").then(({ status, body }) => [status, body]), [200, {
      service: "echo",
      status: "serving",
      checks: {},
    }]);
    assertEquals((await ask(path, "starting")).status, 503);
    assertEquals((await ask(path, "draining")).body.status, "draining");
  }
});

Deno.test("/health runs the checks with a timeout, and only the log explains a failure", async () => {
  const { status, body, lines } = await ask("/health", "serving", {
    good: () => true,
    no: () => false,
    broken: () => Promise.reject(new Error("the password of db1 is wrong")),
    slow: (signal) => new Promise((resolve) => signal.addEventListener("abort", resolve)),
  });
  assertEquals([status, body.status], [503, "failing"]);
  assertEquals(body.checks, { good: "ok", no: "failed", broken: "failed", slow: "failed" });
  assertEquals(JSON.stringify(body).includes("db1"), false);
  assertEquals(lines.filter((line) => line.includes("db1")).length, 1);
});

Deno.test("a health check may have a longer timeout than a timer of the runtime takes", async () => {
  const slow = () => new Promise((resolve) => setTimeout(resolve, 10));
  const checks = new HealthChecks({ slow }, 3_000_000_000, createLogger("silent"));
  const handler = healthHandler({ service: "echo", checks, phase: () => "serving" });
  assertEquals((await handler(new Request("http://localhost/health"))).status, 200);
});

Deno.test("/livez answers 200 in every phase; other paths and methods are 404 and 405", async () => {
  assertEquals((await ask("/livez", "draining")).status, 200);
  assertEquals((await ask("/other", "serving")).status, 404);
  assertEquals((await ask("/health", "serving", {}, "POST")).status, 405);
});

Deno.test("/health is not cached, and answers a HEAD like a GET", async () => {
  const checks = new HealthChecks({}, 20, createLogger("silent"));
  const handler = healthHandler({ service: "echo", checks, phase: () => "serving" });
  const response = await handler(new Request("http://localhost/health?full", { method: "HEAD" }));
  assertEquals([response.status, response.headers.get("cache-control")], [200, "no-store"]);
  const refused = await handler(new Request("http://localhost/livez", { method: "DELETE" }));
  assertEquals([refused.status, refused.headers.get("allow")], [405, "GET, HEAD"]);
});

Deno.test("the Host header of a health request may be anything", async () => {
  const checks = new HealthChecks({}, 20, createLogger("silent"));
  const handler = healthHandler({ service: "echo", checks, phase: () => "serving" });
  // Deno.serve passes on such URLs for `Host: [bad`. The constructor of Request would reject them.
  for (const url of ["http://[bad/health", "http://a b/readyz?x", "http://x@y:99999/livez#z", "http:///health"]) {
    assertEquals((await handler({ url, method: "GET" } as Request)).status, 200, url);
  }
  assertEquals((await handler({ url: "http://[bad", method: "GET" } as Request)).status, 404);
});

Deno.test("a health check that throws fails like one that rejects, and a timeout aborts its signal", async () => {
  const { promise: reason, resolve } = Promise.withResolvers<unknown>();
  const { body } = await ask("/readyz", "serving", {
    throws: () => {
      throw new Error("now");
    },
    slow: (signal) =>
      new Promise((_, reject) =>
        signal.addEventListener("abort", () => (resolve(signal.reason), reject(signal.reason)))
      ),
  });
  assertEquals(body.checks, { throws: "failed", slow: "failed" });
  assertEquals(String(await reason), "Error: no answer within 20 ms");
});
