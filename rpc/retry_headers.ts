/**
 * The header fields of retries: the two of gRPC, and the one of Kitex. Applications can't set those of gRPC, but the
 * transports pass them on as metadata. A client's attempts send them: client/call/attempts/attempt.ts.
 *
 * @see https://github.com/grpc/proposal/blob/master/A6-client-retries.md
 * @module
 */

import { Metadata } from "./metadata.ts";

/** In a header: how many attempts the call had before this one. */
export const PREVIOUS_ATTEMPTS = "grpc-previous-rpc-attempts";
/**
 * In trailers: the milliseconds to wait before a retry. If the value is negative or not a number, the call must not be
 * retried.
 */
export const PUSHBACK = "grpc-retry-pushback-ms";

/** Returns the trailer that tells the client to wait before a retry, in milliseconds; -1 forbids the retry. */
export const pushbackField = (ms: number): Metadata => Metadata.unchecked([[PUSHBACK, String(ms)]]);

/** Returns the wait before a retry that a trailer asks for, in milliseconds: -1 if it forbids the retry. */
export function pushbackOf(trailer: Metadata | undefined): number | undefined {
  const value = trailer?.get(PUSHBACK);
  return value === undefined ? undefined : /^\d{1,9}$/.test(value) ? Number(value) : -1;
}

/**
 * Kitex's persistent metainfo key that marks a retry: the call, or one of the calls above it in the chain, is a retry.
 */
export const RETRY_KEY = "RETRYREQ";
/** The header field of {@linkcode RETRY_KEY}. */
export const RETRY_FIELD = "rpc-persist-retryreq";

/** Whether a field is one of gRPC's two. */
export const isRetryField = (name: string): boolean => name === PREVIOUS_ATTEMPTS || name === PUSHBACK;
