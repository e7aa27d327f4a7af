/** A client on grpc-js, for Node and for Deno: many unary calls on one connection. */
import { credentials } from "@grpc/grpc-js";
import process from "node:process";
import { EchoService } from "./echo.mjs";
import { flags, measure } from "./flags.mjs";

const client = new EchoService(flags.addr, credentials.createInsecure());
await measure((request) =>
  new Promise((resolve, reject) => client.echo(request, (error, reply) => error ? reject(error) : resolve(reply)))
);
process.exit(0); // and not client.close(), which can end Deno with a signal
