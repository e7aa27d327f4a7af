import { decodeStatusDetails } from "../../codec/status_details.ts";
import { bizErrorOf, hasBizError } from "../../rpc/biz_status.ts";
import { type BizError, type ErrorDetail, RpcError } from "../../rpc/error.ts";
import { Metadata } from "../../rpc/metadata.ts";
import { PUSHBACK } from "../../rpc/retry_headers.ts";
import type { Method } from "../../rpc/service.ts";
import { Status } from "../../rpc/status.ts";
import type { CallStatus } from "../../transport/transport.ts";

/**
 * The error that a call rejects with: a {@linkcode BizError} where the server sent a business error as Kitex does, else
 * an {@linkcode RpcError}.
 *
 * @param status How the call ended. Its code is not OK.
 * @param path The method's path.
 * @param note What the client adds to the text, such as the outcome of earlier attempts.
 */
export function errorOf(status: CallStatus, path: string, note?: string): RpcError | BizError {
  if (hasBizError(status.trailer)) return bizErrorOf(status.message, status.trailer);
  const trailer = status.trailer ?? new Metadata();
  // The pushback was meant for this client: a handler that throws the error on must not pass it to its own caller.
  trailer.delete(PUSHBACK);
  return new RpcError(codeOf(status), status.message, {
    path,
    note,
    origin: status.origin ?? "server",
    metadata: trailer,
    details: detailsOf(status),
    cause: status.cause,
  });
}

/**
 * The code that users see for a status. Codes that gRPC does not define become UNKNOWN. Kitex answers an unknown method
 * with 1 and an unknown service with 20: both become UNIMPLEMENTED.
 */
export function codeOf({ code, message }: CallStatus): Status {
  const kitexUnknown = /unknown (service|method)/i.test(message) &&
    ((code as number) === 20 || code === Status.CANCELLED);
  if (kitexUnknown) return Status.UNIMPLEMENTED;
  return code === Status.OK || Status[code] === undefined ? Status.UNKNOWN : code;
}

/** Adds the method's path and the origin to an error of this client, unless it has a path already. */
export function withPath(method: Method, error: unknown): unknown {
  if (!(error instanceof RpcError) || error.path !== undefined) return error;
  const { code, rawMessage, details, metadata, cause, note, origin = "client" } = error;
  return new RpcError(code, rawMessage, { details, metadata, cause, note, origin, path: method.path });
}

function detailsOf({ details }: CallStatus): readonly ErrorDetail[] {
  if (details === undefined) return [];
  try {
    return decodeStatusDetails(details).details;
  } catch {
    return []; // Malformed details must not hide the status.
  }
}
