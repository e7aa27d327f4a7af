import type { Http2Limits } from "../../http2/connection.ts";
import type { Limits } from "../../transport.ts";

/**
 * The octets that the fields of HTTP/2 and gRPC may take in addition to the metadata. In a request the longest is the
 * path. In a response it is the status text: if this value is too low, servers reset the call and its status is lost.
 */
const OWN_BYTES = { server: 4 * 1024, client: 64 * 1024 };
const OWN_FIELDS = 20;

/**
 * Returns the limits of HTTP/2 that enforce those of gRPC.
 *
 * @param role The side that enforces them.
 */
export function http2Limits(limits: Limits, role: "server" | "client"): Http2Limits {
  return {
    ...limits,
    headerListBytes: limits.metadataBytes + OWN_BYTES[role],
    headerFields: limits.metadataEntries + OWN_FIELDS,
  };
}
