/**
 * The fields of retries: gRPC's own two, which an application can't send but which pass through the transports as
 * metadata, and Kitex's.
 *
 * @see https://github.com/grpc/proposal/blob/master/A6-client-retries.md
 */

/** In a header: how many attempts a call has had before this one. */
export const PREVIOUS_ATTEMPTS = "grpc-previous-rpc-attempts";
/** In trailers: after how many milliseconds the call may be tried again; not at all if it is negative or no number. */
export const PUSHBACK = "grpc-retry-pushback-ms";

/** Kitex's persistent metainfo: a call that has it is made for one that was tried again, at any hop above. */
export const RETRY_KEY = "RETRYREQ";
/** The field that holds it. */
export const RETRY_FIELD = "rpc-persist-retryreq";

/** Whether a field is one of gRPC's. */
export const isRetryField = (name: string): boolean => name === PREVIOUS_ATTEMPTS || name === PUSHBACK;
