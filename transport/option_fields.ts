import { type Leaf, leaf, oneOf, provider } from "../base/options/fields.ts";
import { type Compression, COMPRESSIONS } from "../rpc/compression.ts";
import type { TransportName } from "./choose.ts";
import type { ClientTransport, ServerTransport } from "./transport.ts";

/** The option `compression`. */
export const COMPRESSION: Leaf<Compression> = oneOf(...COMPRESSIONS);

/** The option `transport` of a side that uses this method of it. */
export function transportField<T extends ServerTransport | ClientTransport>(
  method: "listen" | "connect",
): Leaf<T | TransportName> {
  const own = provider<T>("one such as memoryTransport()", method);
  return {
    ...leaf<T | TransportName>(
      "value",
      '"http2", or a transport such as memoryTransport() or grpcJs(), which is in the entry ./grpc_js',
      (value) => value === "http2" ? value : own.check(value),
    ),
    problem: own.problem,
  };
}
