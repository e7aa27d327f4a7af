import type { Http2Limits } from "../http2/connection.ts";
import type { Limits } from "../transport.ts";

/**
 * What the fields of HTTP/2 and gRPC may take beside the metadata, in octets. The long one of a request is the path. Of
 * a response it is the status text: a server that is told of less resets the call, and its code is lost.
 */
const OWN_BYTES = { server: 4 * 1024, client: 64 * 1024 };
const OWN_FIELDS = 20;

/**
 * The bounds of HTTP/2 that keep those of gRPC.
 *
 * @param role The side that keeps them.
 */
export function http2Limits(limits: Limits, role: "server" | "client"): Http2Limits {
  return {
    ...limits,
    headerListBytes: limits.metadataBytes + OWN_BYTES[role],
    headerFields: limits.metadataEntries + OWN_FIELDS,
  };
}
