import type { Transport } from "../transport.ts";
import { connect } from "./connect.ts";
import { listen } from "./listen.ts";

/** Creates the kit's own transport, gRPC over HTTP/2. It is the default. */
export function http2Transport(): Transport {
  return { name: "http2", permissions: [], listen, connect };
}
