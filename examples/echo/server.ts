/**
 * The tutorial's echo server: settings from conf/<env>/conf.yaml, health checks, Consul.
 *
 *     deno task serve
 *
 * @module
 */

import { configLogger, consul, createServer, loadConfig, readTls } from "../../mod.ts";
import { EchoService } from "../../proto/echo.ts";

async function main(): Promise<void> {
  const conf = await loadConfig({ dir: new URL("../../conf/", import.meta.url) });
  const logger = configLogger(conf.kitex);
  const { server: policy, clients: _ofOthers, ...options } = conf.dinokit;
  const server = createServer({
    name: conf.kitex.service,
    address: conf.kitex.address,
    registry: consul(conf.registry.registryAddress[0] ?? "127.0.0.1:8500", { token: conf.registry.token }),
    ...options,
    ...policy,
    tls: await readTls(options.tls),
    logger,
  });
  logger.info("settings", { env: conf.env, file: conf.file });

  server.add(EchoService, {
    echo(req, ctx) {
      const name = ctx.metainfo.persistent.get("CLIENT_NAME");
      if (name) console.log("client_name = ", name);
      ctx.header.set("served-by", conf.kitex.service);
      ctx.metainfo.backward.set("SERVED_AT", new Date().toISOString());
      return { resp: req.mes };
    },
  });
  await server.run();
}

try {
  await main();
} catch (error) {
  console.error((error as Error).message);
  Deno.exit(1);
}
