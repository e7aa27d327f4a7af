import { Status } from "./status.ts";

const HTTP_STATUS: Readonly<Record<Status, number>> = {
  [Status.OK]: 200,
  [Status.CANCELLED]: 499,
  [Status.UNKNOWN]: 500,
  [Status.INVALID_ARGUMENT]: 400,
  [Status.DEADLINE_EXCEEDED]: 504,
  [Status.NOT_FOUND]: 404,
  [Status.ALREADY_EXISTS]: 409,
  [Status.PERMISSION_DENIED]: 403,
  [Status.RESOURCE_EXHAUSTED]: 429,
  [Status.FAILED_PRECONDITION]: 400,
  [Status.ABORTED]: 409,
  [Status.OUT_OF_RANGE]: 400,
  [Status.UNIMPLEMENTED]: 501,
  [Status.INTERNAL]: 500,
  [Status.UNAVAILABLE]: 503,
  [Status.DATA_LOSS]: 500,
  [Status.UNAUTHENTICATED]: 401,
};

/**
 * Returns the HTTP status for a status code, such as 404 for NOT_FOUND; 500 for a code that gRPC does not define. 499
 * for CANCELLED is not in HTTP's registry: it means that the client closed the request.
 *
 * @see https://github.com/googleapis/googleapis/blob/master/google/rpc/code.proto
 *
 * @param code The numeric code.
 */
export function httpStatus(code: number): number {
  return HTTP_STATUS[code as Status] ?? 500;
}
