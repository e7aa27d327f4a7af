import type { LogFields, Logger } from "../../base/logger.ts";
import type { Metadata } from "../../rpc/metadata.ts";

/** The field of a trace's context, as OpenTelemetry sends it; and as its propagator for Kitex does. */
const TRACE_FIELDS = ["traceparent", "rpc-transit-traceparent"];
/** Matches `traceparent` of W3C Trace Context, with the id of the trace. */
const TRACEPARENT = /^[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}/;

/** Returns a logger whose lines have the path of the call, its request id, and the id of its trace if there is one. */
export function callLogger(logger: Logger, path: string, requestId: string, metadata: Metadata): Logger {
  const trace = traceIdOf(metadata);
  return withFields(logger, trace === undefined ? { path, requestId } : { path, requestId, trace });
}

/** Returns the id of the trace that a call belongs to; undefined if its caller sent none. */
function traceIdOf(metadata: Metadata): string | undefined {
  for (const field of TRACE_FIELDS) {
    const [, id] = TRACEPARENT.exec(metadata.get(field) ?? "") ?? [];
    if (id !== undefined) return id;
  }
}

/** Returns a logger that adds fields to each line. Fields of the line take precedence. */
function withFields(logger: Logger, own: LogFields): Logger {
  const at = (level: keyof Logger): Logger["info"] => (message, fields) =>
    logger[level](message, { ...own, ...fields });
  return { debug: at("debug"), info: at("info"), warn: at("warn"), error: at("error") };
}
