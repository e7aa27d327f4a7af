/**
 * The tutorial's echo client. It finds the server through Consul, or calls an address.
 *
 *     deno task client --help
 *
 * @module
 */

import { parseArgs } from "node:util";
import { type Client, consul, createClient, loadConfig, parseAddress, RpcError, withMetainfo } from "../../mod.ts";
import { EchoService } from "../../proto/echo.ts";

const HELP = `Calls the echo service.

  deno task client [--message TEXT] [--count N] [--name NAME] [--consul HOST:PORT] [--addr HOST:PORT]

  --message TEXT      what to say                      (hello, world)
  --count N           how many times                   (1)
  --name NAME         the service's name in Consul     (kitex.service of conf.yaml)
  --consul HOST:PORT  the Consul agent                 (registry.registry_address of conf.yaml)
  --addr HOST:PORT    call this address, without Consul

Without Consul it falls back to kitex.address of conf.yaml, and says so.

  deno task client --message hi --count 3
  deno task client --addr 127.0.0.1:8888`;

type Echo = Client<typeof EchoService>;

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

  const conf = await loadConfig({ dir: new URL("../../conf/", import.meta.url) });
  const calls = (echo: Echo) => callTimes(echo, count, flags.message!);
  if (flags.addr) {
    await using echo = createClient(EchoService, { address: flags.addr });
    return await calls(echo);
  }
  const agent = flags.consul ?? conf.registry.registryAddress[0] ?? "127.0.0.1:8500";
  {
    const resolver = consul(agent, { token: conf.registry.token });
    await using echo = createClient(EchoService, { name: flags.name ?? conf.kitex.service, resolver });
    if (await isUp(agent)) return await calls(echo);
  }
  console.error(`no Consul at ${agent}: calling ${conf.kitex.address} directly (kitex.address of conf.yaml)`);
  await using echo = createClient(EchoService, { address: conf.kitex.address });
  await calls(echo);
}

async function callTimes(echo: Echo, count: number, mes: string): Promise<void> {
  for (let i = 0; i < count; i++) {
    const reply = await withMetainfo(
      { persistent: { CLIENT_NAME: "echo_client" } },
      () => echo.echo({ mes }, { timeout: 3000 }),
    );
    console.log(reply);
  }
}

/** The names of errors for an unreachable agent. An unknown host name is a different error. */
const DOWN = ["ConnectionRefused", "TimedOut", "TimeoutError", "HostUnreachable", "NetworkUnreachable"];

/** Whether a server listens at an address. */
async function isUp(text: string): Promise<boolean> {
  const address = parseAddress(text, "the Consul agent");
  if (address.kind !== "tcp") throw new TypeError(`the Consul agent: ${text} is not "host:port"`);
  const { host: hostname, port } = address;
  try {
    (await Deno.connect({ hostname, port, signal: AbortSignal.timeout(1000) })).close();
    return true;
  } catch (error) {
    if (error instanceof Error && DOWN.includes(error.name)) return false;
    throw error;
  }
}

try {
  await main();
} catch (error) {
  if (!(error instanceof Error)) throw error;
  console.error(`${error instanceof RpcError ? "the call failed" : "error"}: ${error.message}`);
  console.error("  see: deno task client --help");
  Deno.exit(1);
}
