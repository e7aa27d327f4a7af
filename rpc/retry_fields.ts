/**
 * The two fields of gRPC's retries. They are gRPC's own, so that an application can't send them, and yet pass through the transports as metadata.
 *
 * @see https://github.com/grpc/proposal/blob/master/A6-client-retries.md
 */

/** In a header: how many attempts a call has had before this one. */
export const PREVIOUS_ATTEMPTS = "grpc-previous-rpc-attempts";
/** In trailers: after how many milliseconds the call may be tried again; not at all if it is negative or no number. */
export const PUSHBACK = "grpc-retry-pushback-ms";

/** Whether a field is one of them. */
export const isRetryField = (name: string): boolean => name === PREVIOUS_ATTEMPTS || name === PUSHBACK;
