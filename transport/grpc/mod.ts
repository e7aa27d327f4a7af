import type { Transport } from "../transport.ts";
import { connect } from "./connect.ts";
import { listen } from "./listen.ts";

/** gRPC over HTTP/2: the kit's own transport, and the default. */
export function http2Transport(): Transport {
  return { name: "http2", permissions: [], listen, connect };
}
