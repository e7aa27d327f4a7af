/**
 * The tutorial's echo server: settings from conf/<env>/conf.yaml, health checks, Consul.
 *
 *     deno task serve
 *
 * @module
 */

import { consul, createLogger, createServer, loadConfig } from "../../mod.ts";
import { EchoService } from "../../proto/echo.ts";

const conf = await loadConfig({ dir: new URL("../../conf/", import.meta.url) });

const server = createServer({
  name: conf.kitex.service,
  address: conf.kitex.address,
  health: { address: conf.dinokit.health?.address ?? "127.0.0.1:8889" },
  registry: consul(conf.registry.registryAddress[0] ?? "127.0.0.1:8500"),
  drainDelay: conf.dinokit.drainDelay,
  logger: createLogger(conf.kitex.logLevel),
});

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
