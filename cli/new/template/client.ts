/**
 * Calls each method once. The address, or where to look it up, is in conf/<env>/conf.yaml.
 *
 *     deno task client
 *
 * @module
 */

import { type ClientOptions, consul, createClient, loadConfig } from "../../../mod.ts";
import { TheService } from "./idl/the.ts";

async function main(): Promise<void> {
  const conf = await loadConfig({ dir: new URL("./conf/", import.meta.url) });
  const [agent] = conf.registry.registryAddress;
  const target = agent === undefined
    ? { address: conf.kitex.address }
    : { name: conf.kitex.service, resolver: consul(agent, { token: conf.registry.token }) };
  const options = { ...conf.dinokit.clients?.[conf.kitex.service], ...target };
  await callTheService(options);
}

async function callTheService(options: ClientOptions): Promise<void> {
  await using service = createClient(TheService, options);
  console.log("Unary", await service.unary({}));
  console.log("ClientStream", await service.clientStream(ReadableStream.from([{}])));
  for await (const reply of service.serverStream({})) console.log("ServerStream", reply);
  for await (const reply of service.bidi(ReadableStream.from([{}]))) console.log("Bidi", reply);
}

try {
  await main();
} catch (error) {
  console.error((error as Error).message);
  Deno.exit(1);
}
