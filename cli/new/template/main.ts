/**
 * The server. Its settings are in conf/<env>/conf.yaml.
 *
 *     deno task serve
 *
 * @module
 */

import { configLogger, consul, createServer, loadConfig, readTls } from "../../../mod.ts";
import { addHandlers } from "./handlers/mod.ts";

async function main(): Promise<void> {
  const conf = await loadConfig({ dir: new URL("./conf/", import.meta.url) });
  const [agent] = conf.registry.registryAddress;
  const logger = configLogger(conf.kitex);
  const { server: policy, clients: _ofOthers, ...options } = conf.dinokit;
  const server = createServer({
    name: conf.kitex.service,
    address: conf.kitex.address,
    registry: agent === undefined ? undefined : consul(agent, { token: conf.registry.token }),
    ...options,
    ...policy,
    tls: await readTls(options.tls),
    logger,
  });
  logger.info("settings", { env: conf.env, file: conf.file });
  addHandlers(server);
  await server.run();
}

try {
  await main();
} catch (error) {
  console.error((error as Error).message);
  Deno.exit(1);
}
