import type { Transport } from "../mod.ts";
import { grpcJs } from "../transport/grpc_js/mod.ts";

/** The transports that have sockets, by the names that tests and their programs have for them. */
export type SocketTransport = "http2" | "grpc-js";

/** The option `transport` for a name. */
export const transportOf = (name: SocketTransport): Transport | "http2" => name === "grpc-js" ? grpcJs() : name;
