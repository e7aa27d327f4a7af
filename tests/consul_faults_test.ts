import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { consul } from "../registry/consul/consul.ts";
import { LEASE_KEY } from "../registry/consul/wire.ts";
import { allowed, dripping, entry, fakeConsul, list, watching } from "./fake_consul.ts";
import { needs } from "./needs.ts";
import { recordingLogger, until } from "./observe.ts";

const NET: Deno.PermissionDescriptor[] = [{ name: "net" }];
const ECHO = { name: "echoservice", address: "127.0.0.1:21010" };
const ID = "echoservice:127.0.0.1:21010";
const pause = (ms: number) => new Promise((done) => setTimeout(done, ms));

needs(
  NET,
  "consul().register() under 403 warns once which permission a token lacks, and uses a new token at once",
  async () => {
    let token = "3b0e9f6c-0000-old\n";
    let key: string | undefined;
    await using server = fakeConsul(async (request) => {
      if (request.headers.get("x-consul-token") !== "3b0e9f6c-0000-new") {
        return new Response("Permission denied", { status: 403, headers: { "content-type": "text/plain" } });
      }
      if (request.url.endsWith("/register")) key = (JSON.parse(await request.text())).Meta[LEASE_KEY];
      return Response.json({ "echoservice:127.0.0.1:21010": { Meta: { [LEASE_KEY]: key } } });
    });
    const logger = recordingLogger();
    const lease = consul(server.address, { token: () => token }).register(ECHO, logger);
    await until(() => server.requests.length >= 3, "it tries again");
    assertEquals(server.requests[0]!.headers.get("x-consul-token"), "3b0e9f6c-0000-old");
    assertEquals(logger.lines, [
      `warn: Consul at ${server.address} answered 403: Permission denied; the token is not ` +
      `enough: it needs service:write for "echoservice"; service "echoservice" serves meanwhile, but it is not ` +
      `registered, which is tried again until it succeeds`,
    ]);
    token = "3b0e9f6c-0000-new";
    await lease.registered;
    await lease.release();
  },
);

const FAULTS: [what: string, answer: () => Response, message: string][] = [
  ["500", () => new Response("No cluster leader", { status: 500 }), "answered 500: "],
  ["403", () => new Response("ACL not found", { status: 403 }), "answered 403: "],
  ["broken JSON", () => new Response("[{", { headers: { "x-consul-index": "1" } }), "what is not JSON"],
  [
    "a page",
    () => new Response("<html>", { headers: { "content-type": "text/html" } }),
    "without X-Consul-Index",
  ],
  ["other JSON", () => Response.json({ a: 1 }, { headers: { "x-consul-index": "1" } }), "what is no list of instances"],
  ["no index", () => Response.json([]), "without X-Consul-Index"],
  ["a wrong index", () => list("-1"), "without X-Consul-Index"],
  ["an answer that is cut off", () => dripping(1), "its answer was cut off"],
];

for (const [what, answer, message] of FAULTS) {
  needs(NET, `consul().watch() given ${what} reports an error, makes no busy loop, and recovers`, async () => {
    let well = false;
    await using server = fakeConsul(() => well ? list(5, entry(1)) : answer());
    const most = allowed();
    using watch = watching(server.address);
    await until(() => watch.told.length > 0, "the error");
    assertStringIncludes(watch.told[0]!, `Consul at ${server.address} `);
    assertStringIncludes(watch.told[0]!, message);
    await pause(500);
    const requests = server.requests.length;
    assert(requests <= most(), `${requests} requests`);
    assertEquals(watch.logger.lines.length, 1, "logged once");
    well = true;
    await until(() => watch.told.at(-1) === "127.0.0.1:1", "the list");
    assertStringIncludes(watch.logger.lines[1]!, "answers again");
  });

  needs(
    NET,
    `consul().watch() given ${what} keeps its list, shows it in its state, and can be closed meanwhile`,
    async () => {
      let well = true;
      await using server = fakeConsul((_, n) => well ? list(n, entry(1)) : answer());
      using watch = watching(server.address);
      await until(() => watch.told.length > 0, "the list");
      well = false;
      const { why } = await until(() => watch.watch.state!.kept, "the list is kept");
      assertStringIncludes(why, message);
      await until(() => watch.watch.state!.failures > 1, "it goes on");
      well = true;
      await until(() => watch.watch.state!.kept === undefined, "it is well again");
      assertEquals(watch.told, ["127.0.0.1:1"]);
      well = false;
      await until(() => watch.watch.state!.kept, "the list is kept again");
    },
  );

  needs(NET, `consul().register() given ${what} continues, makes no busy loop, and is released`, async () => {
    await using server = fakeConsul(answer);
    const logger = recordingLogger();
    const most = allowed();
    const lease = consul(server.address).register(ECHO, logger);
    await until(() => logger.lines.length > 0, "a warning");
    assert(logger.lines.every((line) => line.startsWith("warn: Consul at ")), logger.lines.join("\n"));
    await pause(500);
    const tries = server.requests.filter(({ url }) => url.endsWith("/register")).length;
    assert(tries <= most(), `${tries} tries`);
    const start = performance.now();
    await lease.release();
    // 2 s are its own limit, 5 s that of a request.
    assert(performance.now() - start < 4500);
  });
}

needs(NET, "consul() reports a token that can't be read, and continues", async () => {
  let readable = false;
  await using server = fakeConsul(() => list(1));
  const token = () => {
    if (readable) return "3b0e9f6c";
    throw new Error("no such file: /run/secrets/consul");
  };
  using watch = watching(server.address, { token });
  await until(() => watch.told.length > 0, "the error");
  assertStringIncludes(watch.told[0]!, "no such file: /run/secrets/consul");
  readable = true;
  await until(() => watch.told.length > 1, "the list");
});

needs(
  NET,
  "maintain() retries until Consul confirms it, and is reverted even if Consul may not have received it",
  async () => {
    let key: string | undefined;
    let well = false;
    const enabled: (string | null)[] = [];
    await using server = fakeConsul(async (request) => {
      const { pathname, searchParams } = new URL(request.url);
      if (pathname.endsWith("/register")) key = (JSON.parse(await request.text())).Meta[LEASE_KEY];
      if (!pathname.includes("/maintenance/")) return Response.json({ [ID]: { Meta: { [LEASE_KEY]: key } } });
      enabled.push(searchParams.get("enable"));
      return new Response(null, { status: well ? 200 : 500 });
    });
    const lease = consul(server.address).register(ECHO, recordingLogger());
    await lease.registered;
    lease.maintain!("a new disk");
    await until(() => enabled.length > 1, "Consul receives it twice");
    lease.maintain!(undefined);
    well = true;
    await until(() => enabled.at(-1) === "false", "it is taken back");
    assertEquals(enabled.slice(0, 2), ["true", "true"]);
    await lease.release();
  },
);
