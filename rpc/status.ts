/**
 * The gRPC status codes.
 *
 * @see https://grpc.io/docs/guides/status-codes/
 */
export enum Status {
  /** The call succeeded. */
  OK = 0,
  /** The call was cancelled, mostly by its caller. */
  CANCELLED = 1,
  /** An error of no known kind. */
  UNKNOWN = 2,
  /** The request is wrong whatever the state of the system. */
  INVALID_ARGUMENT = 3,
  /** The deadline passed before the call ended. */
  DEADLINE_EXCEEDED = 4,
  /** What was asked for does not exist. */
  NOT_FOUND = 5,
  /** What was to be made exists already. */
  ALREADY_EXISTS = 6,
  /** The caller is known and may not do this. */
  PERMISSION_DENIED = 7,
  /** A quota or limit is used up: the message says which. */
  RESOURCE_EXHAUSTED = 8,
  /** The system is not in a state in which this can be done. */
  FAILED_PRECONDITION = 9,
  /** The operation was aborted, mostly by a conflict; the whole of it may be tried again. */
  ABORTED = 10,
  /** The request is outside the range that holds at present. */
  OUT_OF_RANGE = 11,
  /** The server does not have this method. */
  UNIMPLEMENTED = 12,
  /** The server or the wire broke a promise. */
  INTERNAL = 13,
  /** The service can't be reached now; trying again may help. */
  UNAVAILABLE = 14,
  /** Data was lost or damaged for good. */
  DATA_LOSS = 15,
  /** The caller is not known. */
  UNAUTHENTICATED = 16,
}

/**
 * The name of a status code, such as `"NOT_FOUND"`; `"CODE_99"` for one that gRPC does not define.
 *
 * @param code The numeric code.
 */
export function statusName(code: number): string {
  return Status[code] ?? `CODE_${code}`;
}
