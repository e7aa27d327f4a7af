/**
 * The tutorial's echo client. It finds the server through Consul, or calls an address.
 *
 *     deno task client --help
 *
 * @module
 */

import { parseArgs } from "node:util";
import { configure, consul, RpcError, withMetainfo } from "../../mod.ts";
import { EchoService } from "../../proto/echo.ts";

const HELP = `Calls the echo service.

  deno task client [--message TEXT] [--count N] [--name NAME] [--consul HOST:PORT] [--addr HOST:PORT]

  --message TEXT      what to say                      (hello, world)
  --count N           how many times                   (1)
  --name NAME         the service's name in Consul     (kitex.service of conf.yaml)
  --consul HOST:PORT  the Consul agent                 (registry.registry_address of conf.yaml)
  --addr HOST:PORT    call this address, without Consul

  deno task client --message hi --count 3
  deno task client --addr 127.0.0.1:8888`;

async function main(): Promise<void> {
  const { values: flags } = parseArgs({
    args: Deno.args,
    options: {
      message: { type: "string", default: "hello, world" },
      count: { type: "string", default: "1" },
      name: { type: "string" },
      consul: { type: "string" },
      addr: { type: "string" },
      help: { type: "boolean", short: "h" },
    },
  });
  if (flags.help) return console.log(HELP);
  const count = Number(flags.count);
  if (!Number.isInteger(count) || count < 1) {
    throw new TypeError(`--count is ${flags.count}; use a whole number of at least 1`);
  }

  await using app = await configure({ dir: new URL("../../conf/", import.meta.url) });
  const echo = app.createClient(EchoService, {
    name: flags.name,
    resolver: flags.consul ? consul(flags.consul, { token: app.conf.registry.token }) : undefined,
    address: flags.addr,
  });
  for (let i = 0; i < count; i++) {
    const reply = await withMetainfo(
      { persistent: { CLIENT_NAME: "echo_client" } },
      () => echo.echo({ mes: flags.message }, { timeout: 3000 }),
    );
    console.log(reply);
  }
}

try {
  await main();
} catch (error) {
  if (!(error instanceof Error)) throw error;
  console.error(`${error instanceof RpcError ? "the call failed" : "error"}: ${error.message}`);
  console.error(
    error instanceof RpcError && error.origin === "connection"
      ? "  start the server and Consul, or call the server directly: deno task client --addr 127.0.0.1:8888"
      : "  see: deno task client --help",
  );
  Deno.exit(1);
}
