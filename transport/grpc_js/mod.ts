/**
 * A transport over npm:@grpc/grpc-js with the API of the kit, as a fallback and for comparison with the kit's own
 * HTTP/2.
 *
 * @example
 * ```ts ignore
 * import { createClient } from "@dinokit/dinokit";
 * import { grpcJs } from "@dinokit/dinokit/grpc_js";
 * import { EchoService } from "./proto/echo.ts";
 *
 * await using echo = createClient(EchoService, { address: "127.0.0.1:8888", transport: grpcJs() });
 * ```
 *
 * @module
 */

import type { Transport } from "../transport.ts";
import { connect } from "./connect.ts";
import { listen } from "./listen.ts";
import { load } from "./load.ts";

/**
 * Creates a transport over grpc-js, which is loaded when a server first listens or a client first connects. It needs
 * `--allow-env=GRPC_*`.
 *
 * @returns The option `transport` of `createServer` and `createClient`.
 */
export function grpcJs(): Transport {
  return {
    name: "grpc-js",
    // grpc-js reads the environment while it loads.
    permissions: [{ name: "env", variable: "GRPC_*" }],
    listen: async (options) => await listen(await load(), options),
    connect: async (options) => await connect(await load(), options),
  };
}
