/**
 * A Dinokit client that makes many unary calls on one connection.
 *
 * @module
 */

import { type ClientOptions, createClient } from "../../mod.ts";
import { EchoService } from "../bench.ts";
import { flags, measure } from "../node/flags.mjs";
import { grpcJs } from "../../transport/grpc_js/mod.ts";

const options: ClientOptions = { address: flags.addr! };
if (flags.transport === "grpc-js") Object.assign(options, { transport: grpcJs() });
const client = createClient(EchoService, options);
await measure((request: { mes: string }) => client.echo(request));
Deno.exit(0); // and not the client's end, which on grpc-js can end Deno with a signal
