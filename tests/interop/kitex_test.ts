import { assert, assertEquals, assertMatch, assertRejects, assertStringIncludes } from "@std/assert";
import {
  BizError,
  consul,
  createClient,
  createServer,
  type Logger,
  type Metadata,
  RpcError,
  type Server,
  type ServerContext,
  type ServerOptions,
  Status,
  withMetainfo,
} from "../../mod.ts";
import { EchoService } from "../../proto/echo.ts";
import { CONSUL_PERMISSIONS, startConsul } from "../consul.ts";
import { needs } from "../needs.ts";
import { PEER_PERMISSIONS, startPeer } from "./peers.ts";
import { runClient } from "./run_client.ts";

const quiet: Logger = { debug() {}, info() {}, warn() {}, error() {} };

/** The tutorial's server with Dinokit; what it does depends on the text. */
async function startEcho(more: Partial<ServerOptions> = {}, seen: ServerContext[] = []): Promise<Server> {
  const server = createServer({
    name: "echoservice",
    address: "127.0.0.1:0",
    health: { address: "127.0.0.1:0" },
    drainDelay: 0,
    logger: quiet,
    ...more,
  });
  server.add(EchoService, {
    async echo({ mes }, ctx) {
      seen.push(ctx);
      const [verb, a = "", b = ""] = mes.split(":");
      if (verb === "biz") throw new BizError(Number(a), b, { from: "dinokit", city: "北京" });
      if (verb === "fail") throw new RpcError(Number(a) as Status, b);
      if (verb === "header") {
        ctx.header.set("x-header", "from the header");
        ctx.trailer.set("x-trailer", "from the trailer");
      }
      if (verb === "meta") {
        const { persistent, transient } = ctx.metainfo;
        return {
          resp: JSON.stringify({
            persistent: Object.fromEntries(persistent),
            transient: Object.fromEntries(transient),
          }),
        };
      }
      if (verb === "deadline") return { resp: String(ctx.deadline === undefined ? "none" : ctx.deadline - Date.now()) };
      if (verb === "forward") {
        await using next = createClient(EchoService, {
          address: mes.slice("forward:".length).split(" ")[0]!,
          logger: quiet,
        });
        return await next.echo({ mes: mes.slice(mes.indexOf(" ") + 1) });
      }
      return { resp: mes };
    },
  });
  await server.start();
  return server;
}

needs(PEER_PERMISSIONS, "a Kitex client gets the tutorial's reply from a Dinokit server", async () => {
  await using server = await startEcho();
  const [outcome] = await runClient("kitex_client", "-addr", server.address);
  assertEquals([outcome.resp, outcome.error, outcome.biz], ["hello, world", null, null]);
});

needs(
  [...PEER_PERMISSIONS, ...CONSUL_PERMISSIONS],
  "a Kitex client finds a Dinokit server through Consul",
  async () => {
    await using agent = await startConsul();
    const registry = consul(agent.address);
    await using _server = await startEcho({ registry });
    const deadline = Date.now() + 10_000;
    while ((await agent.get("/v1/health/service/echoservice?passing=1")).length === 0) {
      assert(Date.now() < deadline, "not passing in Consul within 10 s");
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    const [outcome] = await runClient("kitex_client", "-consul", agent.address, "-name", "echoservice");
    assertEquals([outcome.resp, outcome.error], ["hello, world", null]);
  },
);

needs(
  [...PEER_PERMISSIONS, ...CONSUL_PERMISSIONS],
  "a Dinokit client finds a Kitex server through Consul",
  async () => {
    await using agent = await startConsul();
    await using _peer = await startPeer("kitex_server", ["-consul", agent.address]);
    const deadline = Date.now() + 15_000;
    while ((await agent.get("/v1/health/service/echoservice?passing=1")).length === 0) {
      assert(Date.now() < deadline, "Kitex is not passing in Consul within 15 s");
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    await using echo = createClient(EchoService, {
      name: "echoservice",
      resolver: consul(agent.address),
      logger: quiet,
    });
    assertEquals(await echo.echo({ mes: "hello, world" }), { resp: "hello, world" });
  },
);

needs(PEER_PERMISSIONS, "metainfo of a Kitex client arrives by Kitex's rules", async () => {
  await using server = await startEcho();
  const [outcome] = await runClient(
    "kitex_client",
    ...["-addr", server.address, "-message", "meta", "-persistent", "CLIENT_NAME=echo_client"],
    ...["-persistent", "mixed-Case_key=北京", "-transient", "ONCE=1"],
  );
  assertEquals(JSON.parse(outcome.resp), {
    persistent: { CLIENT_NAME: "echo_client", MIXED_CASE_KEY: "北京" },
    transient: { ONCE: "1" },
  });
});

needs(
  PEER_PERMISSIONS,
  "metainfo of a Kitex client arrives without transmeta's handler, which adds the caller's name",
  async () => {
    const seen: ServerContext[] = [];
    await using server = await startEcho({}, seen);
    const call = (...more: string[]) =>
      runClient("kitex_client", "-addr", server.address, "-persistent", "A=1", "-transient", "B=2", ...more);
    await call();
    await call("-meta-handler=false");
    const fields = ["source-service", "source-method"];
    const [by, without] = seen.map(({ metadata }) => fields.filter((name) => metadata.get(name) !== undefined));
    assertEquals([by, without], [fields, []]);
    for (const { metainfo: { persistent, transient } } of seen) {
      assertEquals([[...persistent], [...transient]], [[["A", "1"]], [["B", "2"]]]);
    }
  },
);

needs(
  PEER_PERMISSIONS,
  "metainfo of a Dinokit client arrives at a Kitex server without transmeta's handler",
  async () => {
    await using peer = await startPeer("kitex_server", ["-meta-handler=false"]);
    await using echo = createClient(EchoService, { address: peer.address, logger: quiet });
    const metainfo = { persistent: { A: "1" }, transient: { B: "2" } };
    const seen = JSON.parse((await echo.echo({ mes: "meta" }, { metainfo })).resp);
    assertEquals([seen.persistent, seen.transient], [metainfo.persistent, metainfo.transient]);
  },
);

needs(PEER_PERMISSIONS, "metainfo of a Dinokit client arrives at a Kitex server", async () => {
  await using peer = await startPeer("kitex_server");
  await using echo = createClient(EchoService, { address: peer.address, logger: quiet });
  const { resp } = await withMetainfo(
    { persistent: { CLIENT_NAME: "echo_client", CITY: "北京" }, transient: { ONCE: "1" } },
    () => echo.echo({ mes: "meta" }),
  );
  const seen = JSON.parse(resp);
  assertEquals([seen.persistent, seen.transient], [{ CLIENT_NAME: "echo_client", CITY: "北京" }, { ONCE: "1" }]);
  assertStringIncludes(await peer.line("client_name"), "echo_client");
});

needs(
  PEER_PERMISSIONS,
  "persistent metainfo and the deadline cross Dinokit, Kitex and Dinokit; transient stops after one hop",
  async () => {
    await using last = await startEcho();
    await using middle = await startPeer("kitex_server");
    await using first = await startEcho();
    await using echo = createClient(EchoService, { address: first.address, logger: quiet });
    const chain = (mes: string) =>
      withMetainfo(
        { persistent: { TRACE: "7" }, transient: { ONCE: "1" } },
        () => echo.echo({ mes: `forward:${middle.address} forward:${last.address} ${mes}` }, { timeout: 5000 }),
      );
    const { persistent: { REQUEST_ID, ...persistent }, transient } = JSON.parse((await chain("meta")).resp);
    assertEquals([persistent, transient], [{ TRACE: "7" }, {}]);
    assertMatch(REQUEST_ID, /^[0-9a-f-]{36}$/); // made by the first service
    const left = Number((await chain("deadline")).resp);
    assert(left > 0 && left <= 5000, `${left} ms are left`);
  },
);

needs(PEER_PERMISSIONS, "a Kitex server's header and trailer arrive", async () => {
  await using peer = await startPeer("kitex_server");
  await using echo = createClient(EchoService, { address: peer.address, logger: quiet });
  let header: Metadata | undefined;
  let trailer: Metadata | undefined;
  await echo.echo({ mes: "header" }, { onHeader: (value) => header = value, onTrailer: (value) => trailer = value });
  assertEquals(header?.get("x-kitex-header"), "from the header");
  assertEquals(header?.get("x-kitex-bin"), new Uint8Array([0, 255]));
  assertEquals(trailer?.get("x-kitex-trailer"), "from the trailer");
});

needs(PEER_PERMISSIONS, "a Kitex client sees a Dinokit server's header and trailer", async () => {
  await using server = await startEcho();
  const [outcome] = await runClient("kitex_client", "-addr", server.address, "-message", "header");
  assertEquals(outcome.header["x-header"], ["from the header"]);
  assertEquals(outcome.trailer["x-trailer"], ["from the trailer"]);
});

needs(PEER_PERMISSIONS, "a BizError reaches a Kitex client as a BizStatusError", async () => {
  await using server = await startEcho();
  const [outcome] = await runClient("kitex_client", "-addr", server.address, "-message", "biz:1001:no luck");
  assertEquals(outcome.biz, { code: 1001, message: "no luck", extra: { from: "dinokit", city: "北京" } });
});

needs(PEER_PERMISSIONS, "a Kitex server's BizStatusError is a BizError", async () => {
  await using peer = await startPeer("kitex_server");
  await using echo = createClient(EchoService, { address: peer.address, logger: quiet });
  const error = await assertRejects(() => echo.echo({ mes: "biz:1002:pas de chance: 运气" }), BizError);
  assertEquals([error.code, error.message, { ...error.extra }], [1002, "pas de chance: 运气", { from: "kitex" }]);
});

needs(PEER_PERMISSIONS, "statuses cross both ways", async () => {
  await using server = await startEcho();
  const [outcome] = await runClient("kitex_client", "-addr", server.address, "-message", "fail:9:not yet");
  assertEquals(outcome.error!.code, Status.FAILED_PRECONDITION);
  assertStringIncludes(outcome.error!.message, "not yet");
  await using peer = await startPeer("kitex_server");
  await using echo = createClient(EchoService, { address: peer.address, logger: quiet });
  const error = await assertRejects(() => echo.echo({ mes: "status:9:not yet" }), RpcError);
  assertEquals(error.code, Status.FAILED_PRECONDITION);
  assertStringIncludes(error.rawMessage, "not yet");
});

needs(PEER_PERMISSIONS, "a Kitex client's time limit is the handler's deadline", async () => {
  await using server = await startEcho();
  const [outcome] = await runClient(
    "kitex_client",
    "-addr",
    server.address,
    "-message",
    "deadline",
    "-timeout",
    "3000",
  );
  const left = Number(outcome.resp);
  assert(left > 0 && left <= 3000, `${outcome.resp} ms are left`);
});

needs(PEER_PERMISSIONS, "a Dinokit client's timeout cancels the handler of a Kitex server", async () => {
  await using peer = await startPeer("kitex_server");
  await using echo = createClient(EchoService, { address: peer.address, logger: quiet });
  const error = await assertRejects(() => echo.echo({ mes: "sleep:5000" }, { timeout: 200 }), RpcError);
  assertEquals(error.code, Status.DEADLINE_EXCEEDED);
  await peer.line("CANCELLED");
});
