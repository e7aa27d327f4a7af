/**
 * The gRPC status codes.
 *
 * @see https://grpc.io/docs/guides/status-codes/
 */
export enum Status {
  /** The call succeeded. */
  OK = 0,
  /** The call was cancelled, usually by its caller. */
  CANCELLED = 1,
  /** An error of an unknown kind. */
  UNKNOWN = 2,
  /** The request is invalid, regardless of the state of the system. */
  INVALID_ARGUMENT = 3,
  /** The deadline passed before the call ended. */
  DEADLINE_EXCEEDED = 4,
  /** The requested thing does not exist. */
  NOT_FOUND = 5,
  /** The thing to create already exists. */
  ALREADY_EXISTS = 6,
  /** The caller is authenticated, but not allowed to do this. */
  PERMISSION_DENIED = 7,
  /** A quota or limit is exhausted. The message says which. */
  RESOURCE_EXHAUSTED = 8,
  /** The state of the system does not allow the operation. */
  FAILED_PRECONDITION = 9,
  /** The operation was aborted, usually by a conflict. The caller may retry the whole operation. */
  ABORTED = 10,
  /** The request is outside of the valid range, which depends on the state of the system. */
  OUT_OF_RANGE = 11,
  /** The server does not implement this method. */
  UNIMPLEMENTED = 12,
  /** An invariant was broken: a fault in the server or in the transport. */
  INTERNAL = 13,
  /** The service can't be reached now. A retry may succeed. */
  UNAVAILABLE = 14,
  /** Data was lost or damaged and can't be recovered. */
  DATA_LOSS = 15,
  /** The caller is not authenticated. */
  UNAUTHENTICATED = 16,
}

/**
 * Returns the name of a status code, such as `"NOT_FOUND"`; `"CODE_99"` for a code that gRPC does not define.
 *
 * @param code The numeric code.
 */
export function statusName(code: number): string {
  return Status[code] ?? `CODE_${code}`;
}
