/**
 * How a field is sent that is in no table: the bits of its first octet (RFC 7541, 6.2).
 *
 * - `INCREMENTAL`: it enters the table.
 * - `WITHOUT`: it does not, as its value is another one each time and would push out those that come again.
 * - `NEVER`: nor does it on any hop after us: a secret that nobody shall guess by the size of blocks (RFC 7541, 7.1.3).
 */
export type Indexing = typeof INCREMENTAL | typeof WITHOUT | typeof NEVER;

/** See {@linkcode Indexing}. */
export const INCREMENTAL = 0x40;
/** See {@linkcode Indexing}. */
export const WITHOUT = 0x00;
/** See {@linkcode Indexing}. */
export const NEVER = 0x10;

/** The names whose values are not indexed. */
export const NOT_INDEXED: ReadonlyMap<string, Indexing> = new Map([
  ...["authorization", "cookie", "proxy-authorization", "set-cookie"].map((name) => [name, NEVER] as const),
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
  ].map((name) => [name, WITHOUT] as const),
]);
