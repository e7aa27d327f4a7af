import { assertEquals } from "@std/assert";
import type { LogFields } from "../../base/logger.ts";
import { Metadata } from "../../rpc/metadata.ts";
import { callLogger } from "./call_logger.ts";

const TRACE = "0af7651916cd43dd8448eb211c80319c";

/** The fields of a line that is logged with `fields`. */
function lineOf(metadata: Record<string, string>, fields?: LogFields): LogFields | undefined {
  let line: LogFields | undefined;
  const write = (_: string, fields?: LogFields) => void (line = fields);
  const logger = { debug: write, info: write, warn: write, error: write };
  callLogger(logger, "/echo.EchoService/Echo", "a-1", new Metadata(metadata)).info("x", fields);
  return line;
}

Deno.test("callLogger() adds path, request id and trace; fields of the line take precedence", () => {
  const own = { path: "/echo.EchoService/Echo", requestId: "a-1" };
  assertEquals(lineOf({}), own);
  assertEquals(lineOf({ traceparent: `00-${TRACE}-b7ad6b7169203331-01` }, { a: 1 }), { ...own, trace: TRACE, a: 1 });
  assertEquals(lineOf({ "rpc-transit-traceparent": `00-${TRACE}-b7ad6b7169203331-01` }), { ...own, trace: TRACE });
  assertEquals(lineOf({}, { path: "/tmp" }), { ...own, path: "/tmp" });
});

Deno.test("callLogger() ignores a traceparent that is not well-formed", () => {
  for (const traceparent of ["x", `00-${TRACE}`, `00-${TRACE.toUpperCase()}-b7ad6b7169203331-01`, "0".repeat(5000)]) {
    assertEquals(Object.keys(lineOf({ traceparent }) ?? {}), ["path", "requestId"]);
  }
});
