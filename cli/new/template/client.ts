/** Calls each method once. The settings are in conf/<env>/conf.yaml: `deno task client` @module */

import { configure, RpcError, Status } from "../../../mod.ts";
import { TheService } from "./idl/the.ts";

try {
  await using app = await configure({ dir: new URL("./conf/", import.meta.url) });
  const service = app.createClient(TheService, { name: app.conf.kitex.service });
  await show("Unary", service.unary({}));
  await show("ClientStream", service.clientStream(ReadableStream.from([{}])));
  await show("ServerStream", service.serverStream({}));
  await show("Bidi", service.bidi(ReadableStream.from([{}])));
} catch (error) {
  console.error((error as Error).message);
  Deno.exit(1);
}

/** Prints the replies of a call; or which file to edit, if the server's handler is still as `dinokit new` wrote it. */
async function show(method: string, replies: Promise<unknown> | AsyncIterable<unknown>): Promise<void> {
  try {
    for await (const reply of "then" in replies ? [await replies] : replies) console.log(method, reply);
  } catch (error) {
    if (!(error instanceof RpcError && error.code === Status.UNIMPLEMENTED)) throw error;
    console.log(`${method} UNIMPLEMENTED: ${error.rawMessage}`);
  }
}
