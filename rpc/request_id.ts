/**
 * The id of a request: the same at all services of a chain of calls, so that their log lines can be found together. It
 * propagates as persistent metainfo, because Kitex passes that on and drops other metadata.
 *
 * @module
 */

import type { Metadata } from "./metadata.ts";

/** The header field from which the first service of a chain takes the id. Gateways such as Envoy and nginx set it. */
const REQUEST_ID_FIELD = "x-request-id";
/** The key of the persistent metainfo that carries the id from service to service. */
export const REQUEST_ID_KEY = "REQUEST_ID";
/** The header field of {@linkcode REQUEST_ID_KEY}. */
const PERSISTENT_FIELD = "rpc-persist-request-id";

/** Ids of this form can stand in a log line, a header and a URL without escapes. */
const WELL_FORMED = /^[\w.:/+=@-]{1,128}$/;

/**
 * Returns the id of a call that has arrived. The metainfo takes precedence: proxies between two services may give each
 * hop a field `x-request-id` of its own. A new id is made if the caller sent none, or none that is well-formed.
 *
 * @param metadata The header fields of the call.
 */
export function requestIdOf(metadata: Metadata): string {
  return wellFormed(metadata.get(PERSISTENT_FIELD)) ?? wellFormed(metadata.get(REQUEST_ID_FIELD)) ??
    crypto.randomUUID();
}

const wellFormed = (id: string | undefined) => id !== undefined && WELL_FORMED.test(id) ? id : undefined;
