import { assertEquals, assertRejects } from "@std/assert";
import { type ClientTls, createClient, createLogger, createServer, RpcError, Status } from "../../mod.ts";
import { kindsHandlers } from "../kinds.ts";
import { needs } from "../needs.ts";
import { until } from "../observe.ts";
import { Kinds } from "../proto/kinds.ts";
import { authority, extendedUsage, forge, type Forged, names } from "./forge.ts";

const NET: Deno.PermissionDescriptor[] = [{ name: "net" }];
const logger = createLogger("silent");
const [kept, removed] = [
  forge({ name: "kept", extensions: [authority()] }),
  forge({ name: "removed", extensions: [authority()] }),
];
const own = forge({ issuer: kept, extensions: [names("IP:7f000001")] });
const clientTls = (name: string, issuer: Forged): ClientTls => {
  const { pem, key } = forge({ name, issuer, extensions: [extendedUsage("client")] });
  return { ca: kept.pem, cert: pem, key: key.pkcs8 };
};
const serverTls = (...authorities: Forged[]) => ({
  cert: own.pem,
  key: own.key.pkcs8,
  ca: authorities.map(({ pem }) => pem).join(""),
});

needs(
  NET,
  "setTls() without an authority drains its clients: calls in flight end, new ones fail, other clients continue",
  async () => {
    const release = Promise.withResolvers<void>();
    await using server = createServer({
      name: "kinds",
      address: "127.0.0.1:0",
      tls: serverTls(kept, removed),
      limits: { connectionAgeGrace: 1500 },
      logger,
    });
    let begun = 0;
    const connections = new Map<string, Set<string>>();
    server.add(Kinds, {
      ...kindsHandlers([]),
      async unary({ text }, ctx) {
        begun++;
        const { address, identity } = ctx.peer;
        connections.set(identity!.commonName, (connections.get(identity!.commonName) ?? new Set()).add(address));
        if (text === "wait") await release.promise;
        if (text === "hang") await new Promise((resolve) => ctx.signal.addEventListener("abort", resolve));
        return { text };
      },
    });
    await server.start();
    const connect = (name: string, issuer: Forged) =>
      createClient(Kinds, { address: server.address, tls: clientTls(name, issuer), logger });
    await using stays = connect("stays", kept);
    await using goes = connect("goes", removed);
    await using hangs = connect("hangs", removed);
    const inFlight = [stays.unary({ text: "wait" }), goes.unary({ text: "wait" })];
    const endless = hangs.unary({ text: "hang" }, { timeout: 60_000 }).then(
      () => Status.OK,
      (error: RpcError) => error.code,
    );
    await until(() => begun === 3, "the calls have begun");

    server.setTls(serverTls(kept, removed));
    server.setTls(serverTls(kept));

    // Its connection takes no more calls, and it gets no other.
    await until(async () => await goes.unary({ text: "x" }).then(() => false, () => true), "it is led away");
    await assertRejects(() => goes.unary({ text: "x" }), RpcError, "no connection");
    assertEquals((await stays.unary({ text: "y" })).text, "y");
    release.resolve();
    assertEquals((await Promise.all(inFlight)).map(({ text }) => text), ["wait", "wait"]);
    assertEquals(await endless, Status.UNAVAILABLE);
    assertEquals((await stays.unary({ text: "z" })).text, "z");
    assertEquals([...connections.values()].map(({ size }) => size), [1, 1, 1]);
  },
);
