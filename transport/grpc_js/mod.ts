import type { Transport } from "../transport.ts";
import { connect } from "./connect.ts";
import { listen } from "./listen.ts";
import { load } from "./load.ts";

/** Creates the transport over npm:@grpc/grpc-js, which is loaded at the first `listen` or `connect`. */
export function grpcJsTransport(): Transport {
  return {
    name: "grpc-js",
    permissions: [],
    listen: async (options) => await listen(await load(), options),
    connect: async (options) => await connect(await load(), options),
  };
}
