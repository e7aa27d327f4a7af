import { isRetryField } from "../rpc/retry_headers.ts";

/**
 * Fields of HTTP/2 and gRPC, which are not part of the metadata. Those that begin with `:` or `grpc-` are not part of
 * it either.
 */
const HIDDEN = new Set(["content-type", "te", "user-agent", "accept-encoding", "date", "host", "content-length"]);

/**
 * Returns whether a field belongs to the application's metadata, or is one of the two retry fields of the call path.
 */
export function isApplicationField(name: string): boolean {
  return name.charCodeAt(0) !== 58 && (!name.startsWith("grpc-") || isRetryField(name)) && !HIDDEN.has(name);
}
