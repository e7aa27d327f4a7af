/**
 * A client with the authorities that Deno trusts: its arguments are a server's address and the option `tls` in JSON. It
 * prints the reply, or why there is none.
 *
 * @module
 */

import { createClient, createLogger, type RpcError } from "../../mod.ts";
import { EchoService } from "../../proto/echo.ts";

const [address, tls] = Deno.args as [string, string];
await using client = createClient(EchoService, { address, tls: JSON.parse(tls), logger: createLogger("silent") });
console.log(await client.echo({ mes: "hello" }).then(({ resp }) => resp, (error: RpcError) => error.rawMessage));
