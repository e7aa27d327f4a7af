/**
 * Calls each method once. The address, or where to look it up, is in conf/<env>/conf.yaml.
 *
 *     deno task client
 *
 * @module
 */

import { consul, createClient, loadConfig } from "../../../mod.ts";
import { TheService } from "./idl/the.ts";

async function main(): Promise<void> {
  await callTheService();
}

/** What the settings say of the service: where it is, and what its clients do with their calls. */
async function clientOptions() {
  const conf = await loadConfig({ dir: new URL("./conf/", import.meta.url) });
  const [agent] = conf.registry.registryAddress;
  const target = agent === undefined
    ? { address: conf.kitex.address }
    : { name: conf.kitex.service, resolver: consul(agent, { token: conf.registry.token }) };
  return { ...conf.dinokit.clients?.[conf.kitex.service], ...target };
}

async function callTheService(): Promise<void> {
  await using service = createClient(TheService, await clientOptions());
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
