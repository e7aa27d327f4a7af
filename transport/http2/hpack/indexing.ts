/**
 * How a field that is in no table is sent: the bits of its first octet (RFC 7541, 6.2).
 *
 * - `INCREMENTAL_BITS`: the field enters the table.
 * - `WITHOUT_BITS`: the field does not enter the table, as its value changes each time and would evict useful entries.
 * - `NEVER_BITS`: the field enters no table on any hop, as it is a secret that nobody may guess from the size of blocks
 *   (RFC 7541, 7.1.3).
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
    "rpc-persist-request-id",
  ].map((name) => [name, WITHOUT_BITS] as const),
]);
