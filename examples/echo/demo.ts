/**
 * A complete call in one process: register, resolve, call, and metainfo in both directions. Needs no Consul.
 *
 *     deno task demo
 *
 * @module
 */

import { createClient, createLogger, createServer, memoryRegistry, withMetainfo } from "../../mod.ts";
import { EchoService } from "../../proto/echo.ts";

const registry = memoryRegistry();
const logger = createLogger("warn");
const say = (who: string, message: string, ...values: unknown[]) =>
  console.log(`${who.padEnd(9)} ${message}`, ...values);

const server = createServer({
  name: "echoservice",
  address: "127.0.0.1:0",
  health: { address: "127.0.0.1:0" },
  registry,
  drainDelay: 0,
  logger,
});
server.add(EchoService, {
  echo(req, ctx) {
    say(
      "server",
      `${ctx.service}/${ctx.method} from ${ctx.peer.address}: client_name = `,
      ctx.metainfo.persistent.get("CLIENT_NAME"),
    );
    ctx.header.set("served-by", "dinokit");
    ctx.metainfo.backward.set("MOOD", "fine");
    return { resp: req.mes };
  },
});
await server.start();
say("server", `calls on ${server.address}, health on http://${server.healthAddress}/health`);

const health = await fetch(`http://${server.healthAddress}/health`);
say("health", `${health.status}`, await health.json());

const watch = registry.watch("echoservice", (resolution) => {
  if ("instances" in resolution) {
    say(
      "registry",
      "echoservice is at",
      resolution.instances.map((instance) => instance.address),
    );
  }
}, logger);

{
  await using echo = createClient(EchoService, { name: "echoservice", resolver: registry });
  const reply = await withMetainfo(
    { persistent: { CLIENT_NAME: "echo_client" } },
    () =>
      echo.echo({ mes: "hello, world" }, {
        onHeader: (header) => say("client", "header served-by =", header.get("served-by")),
        onBackward: (values) => say("client", "backward metainfo MOOD =", values.get("MOOD")),
      }),
  );
  say("client", "reply", reply);
}

await server.stop();
watch.close();
say("server", "left the registry and stopped");
