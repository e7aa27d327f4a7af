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
  const { kitex, registry, dinokit } = await loadConfig({ dir: new URL("./conf/", import.meta.url) });
  const { service, address } = kitex;
  const policy = dinokit.clients?.[service];
  const [agent] = registry.registryAddress;
  if (agent === undefined) return { ...policy, address };
  if (await isUp(agent)) return { ...policy, name: service, resolver: consul(agent, { token: registry.token }) };
  console.error(`no Consul at ${agent}: calling ${address} directly (kitex.address of conf.yaml)`);
  return { ...policy, address };
}

/** Whether a Consul agent answers. */
async function isUp(agent: string): Promise<boolean> {
  try {
    const { body } = await fetch(`http://${agent}/v1/status/leader`, { signal: AbortSignal.timeout(1000) });
    await body?.cancel();
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) throw error;
    return false;
  }
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
