/**
 * Calls each method once, and prints the replies. The address, or where to look it up, is in conf/<env>/conf.yaml.
 *
 *     deno task client
 *
 * @module
 */

import { consul, createClient, loadConfig, RpcError, Status } from "../../../mod.ts";
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
  await show("Unary", service.unary({}));
  await show("ClientStream", service.clientStream(ReadableStream.from([{}])));
  await show("ServerStream", service.serverStream({}));
  await show("Bidi", service.bidi(ReadableStream.from([{}])));
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

try {
  await main();
} catch (error) {
  console.error((error as Error).message);
  Deno.exit(1);
}
