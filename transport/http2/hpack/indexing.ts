/**
 * How a field is sent that is in no table: the bits of its first octet (RFC 7541, 6.2).
 *
 * - `INCREMENTAL_BITS`: it enters the table.
 * - `WITHOUT_BITS`: it does not, as its value is another one each time and would push out those that come again.
 * - `NEVER_BITS`: nor does it on any hop after us: a secret that nobody shall guess by the size of blocks (RFC 7541,
 *   7.1.3).
 */
export type Indexing = typeof INCREMENTAL_BITS | typeof WITHOUT_BITS | typeof NEVER_BITS;

/** See {@linkcode Indexing}. */
export const INCREMENTAL_BITS = 0x40;
/** See {@linkcode Indexing}. */
export const WITHOUT_BITS = 0x00;
/** See {@linkcode Indexing}. */
export const NEVER_BITS = 0x10;

/** The names whose values are not indexed. */
export const NOT_INDEXED: ReadonlyMap<string, Indexing> = new Map([
  ...["authorization", "cookie", "proxy-authorization", "set-cookie"].map((name) => [name, NEVER_BITS] as const),
  ...[
    "content-length",
    "date",
    "grpc-message",
    "grpc-status-details-bin",
    "grpc-tags-bin",
    "grpc-timeout",
    "grpc-trace-bin",
    "traceparent",
    "tracestate",
    "b3",
    "x-b3-parentspanid",
    "x-b3-spanid",
    "x-b3-traceid",
    "x-request-id",
  ].map((name) => [name, WITHOUT_BITS] as const),
]);
