/**
 * The tutorial's echo server: settings from conf/<env>/conf.yaml, health checks, Consul.
 *
 *     deno task serve
 *
 * @module
 */

import { configure } from "../../mod.ts";
import { EchoService } from "../../proto/echo.ts";

try {
  if (Deno.args.length > 0) {
    throw new TypeError(`${JSON.stringify(Deno.args[0])} is not used: the addresses are in conf/<env>/conf.yaml`);
  }
  await using app = await configure({ dir: new URL("../../conf/", import.meta.url) });
  const server = app.createServer();
  server.add(EchoService, {
    echo(req, ctx) {
      const name = ctx.metainfo.persistent.get("CLIENT_NAME");
      if (name) console.log("client_name = ", name);
      ctx.header.set("served-by", app.conf.kitex.service);
      ctx.metainfo.backward.set("SERVED_AT", new Date().toISOString());
      return { resp: req.mes };
    },
  });
  await server.run();
} catch (error) {
  console.error((error as Error).message);
  Deno.exit(1);
}
