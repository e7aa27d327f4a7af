import type { Http2Limits } from "../http2/connection.ts";
import type { Limits } from "../transport.ts";

/** What the fields of HTTP/2 and gRPC may take beside the metadata: the path and the status text are the long ones. */
const OWN = { bytes: 4096, fields: 20 };

/** The bounds of HTTP/2 that keep those of gRPC. */
export function http2Limits(limits: Limits): Http2Limits {
  return {
    ...limits,
    headerListBytes: limits.metadataBytes + OWN.bytes,
    headerFields: limits.metadataEntries + OWN.fields,
  };
}
