import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { consul, type ConsulOptions } from "../registry/consul.ts";
import { LEASE_KEY } from "../registry/consul_wire.ts";
import { dripping, entry, fakeConsul, hang, list } from "./fake_consul.ts";
import { needs } from "./needs.ts";
import { recordingLogger, until } from "./observe.ts";

const NET: Deno.PermissionDescriptor[] = [{ name: "net" }];
const ECHO = { name: "echoservice", address: "127.0.0.1:21010" };
const pause = (ms: number) => new Promise((done) => setTimeout(done, ms));

/** Counts tries: the most that the least pause of 100 ms allows since now, on a machine that may be slow. */
function allowed(): () => number {
  const start = performance.now();
  return () => 1 + Math.ceil((performance.now() - start) / 100);
}

/** Watches `echoservice`, and keeps what it is told: the addresses, or the error. */
function watching(address: string, options: ConsulOptions = {}) {
  const logger = recordingLogger();
  const told: string[] = [];
  const watch = consul(address, options).watch("echoservice", (one) => {
    told.push("error" in one ? one.error.message : one.instances.map(({ address }) => address).join());
  }, logger);
  return { told, logger, watch, [Symbol.dispose]: () => watch.close() };
}

needs(
  NET,
  "consul().register() under 403 warns which token lacks what, once, and uses a new token at once",
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
      `warn: Consul at ${server.address} answered 403: Permission denied; the token "3b0e..." of option token is not ` +
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
  ["broken JSON", () => new Response("[{", { headers: { "content-type": "application/json" } }), "what is not JSON"],
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
  needs(NET, `consul().watch() given ${what} tells an error, makes no busy loop, and recovers`, async () => {
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
    `consul().watch() given ${what} keeps its list, says so in its state, and ends in the middle of it`,
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

  needs(NET, `consul().register() given ${what} goes on, makes no busy loop, and is released`, async () => {
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

needs(NET, "consul().watch() gives up a first query that hangs after 5 s", async () => {
  await using server = fakeConsul(() => hang());
  using watch = watching(server.address);
  const start = performance.now();
  await until(() => watch.told.length > 0, "the error");
  const took = performance.now() - start;
  assert(took > 4900 && took < 9000, `told after ${took} ms`);
  assertStringIncludes(watch.told[0]!, "does not answer");
});

needs(NET, "consul().watch() gives up an answer that drips, and close() ends it in the middle", async () => {
  await using server = fakeConsul((_, n) => n === 2 ? dripping() : list(7, entry(1)));
  using watch = watching(server.address, { wait: 1000 });
  await until(() => server.requests.length === 3, "it asks again", 20_000);
  assertStringIncludes(watch.watch.state!.lastError!, "does not answer");
  assertEquals(watch.told, ["127.0.0.1:1"]);

  await using dripper = fakeConsul(() => dripping());
  const other = watching(dripper.address);
  await until(() => dripper.requests.length === 1, "the query is sent");
  await pause(100);
  other.watch.close(); // the sanitizers see whether it does
});

needs(NET, "consul().watch() reads 10,000 servers, and nothing of what is no server among them", async () => {
  const entries = Array.from({ length: 10_000 }, (_, i) => entry(1, `10.0.${i >> 8}.${i & 255}`));
  await using server = fakeConsul((_, n) => n <= 2 ? list(n, ...entries, ...Array(1000).fill(null)) : hang());
  using watch = watching(server.address);
  await until(() => server.requests.length === 3, "two lists");
  assertEquals(watch.told.map((one) => one.split(",").length), [10_000]);
});

needs(
  NET,
  "consul().watch() asks the leader after an answer that is too old or knows none, then anyone again",
  async () => {
    const old = (headers: HeadersInit) => {
      const response = list(7, entry(2));
      for (const [name, value] of new Headers(headers)) response.headers.set(name, value);
      return response;
    };
    const answers = [
      list(7, entry(1)),
      old({ "x-consul-lastcontact": "5001" }),
      list(8, entry(1)),
      old({ "x-consul-knownleader": "false" }),
      new Response("No cluster leader", { status: 500 }),
      old({ "x-consul-lastcontact": "5000", "x-consul-knownleader": "true" }),
    ];
    await using server = fakeConsul(() => answers.shift() ?? hang());
    using watch = watching(server.address);
    await until(() => server.requests.length === 7, "seven queries");
    const stale = server.requests.map(({ url }) => new URL(url).searchParams.has("stale"));
    assertEquals(stale, [true, true, false, true, false, false, true]);
    assertEquals(server.indexes(), [null, "7", null, "8", null, null, "7"]);
    assertEquals(watch.told, ["127.0.0.1:1", "127.0.0.1:2"], "what is too old is not told");
  },
);

needs(NET, "consul().watch() gives up a query that waits too long, keeps the list and asks afresh", async () => {
  await using server = fakeConsul((_, n) => n === 2 ? hang() : list(7, entry(1)));
  using watch = watching(server.address, { wait: 1000 });
  const start = performance.now();
  await until(() => server.requests.length === 3, "it asks again", 20_000);
  const took = performance.now() - start;
  // 900 ms at least and a sixteenth, and 5 s
  assert(took > 5900, `asked again after ${took} ms`);
  assertEquals(server.indexes(), [null, "7", null]);
  assertMatch(new URL(server.requests[1]!.url).searchParams.get("wait")!, /^(9\d\d|1000)ms$/);
  assertEquals(watch.told, ["127.0.0.1:1"]);
});

needs(NET, "consul().watch() asks at most every 100 ms when the index races", async () => {
  await using server = fakeConsul((_, n) => list(n, entry(1)));
  const most = allowed();
  using _watch = watching(server.address);
  await until(() => server.requests.length > 5, "some queries");
  const queries = server.requests.length;
  assert(queries <= most(), `${queries} queries`);
});

needs(NET, "consul().watch() asks without an index after one that went back, and never with 0", async () => {
  const answers = [list(42, entry(1)), list(10), list(0, entry(2)), list(0, entry(3))];
  await using server = fakeConsul(() => answers.shift() ?? hang());
  using watch = watching(server.address, { token: "3b0e9f6c" });
  await until(() => server.requests.length === 5, "five queries");
  assertEquals(server.indexes(), [null, "42", null, "1", null]);
  assertEquals(watch.told, ["127.0.0.1:1", "127.0.0.1:2", "127.0.0.1:3"]);
});

needs(NET, "consul().watch() under 500 keeps the last list for the grace, then tells the error", async () => {
  await using server = fakeConsul((_, n) => n === 1 ? list(5, entry(1)) : new Response(null, { status: 500 }));
  using watch = watching(server.address, { grace: 700 });
  await until(() => watch.told.length === 2, "the error");
  assertEquals(watch.told[0], "127.0.0.1:1");
  assertStringIncludes(watch.told[1]!, "answered 500");
  assertStringIncludes(watch.logger.lines[0]!, "answered 500");
  assertStringIncludes(
    watch.logger.lines[0]!,
    `the last list of service "echoservice", of 1, is kept for up to 700 ms`,
  );
});

needs(NET, "consul().watch() tells nothing twice, and warns once about addresses that it refuses", async () => {
  const entries = [entry(1), entry(1, "169.254.169.254"), entry(0)];
  await using server = fakeConsul((_, n) => list(n, ...entries));
  using watch = watching(server.address);
  await until(() => server.requests.length === 4, "four queries");
  assertEquals(watch.told, ["127.0.0.1:1"]);
  assertEquals(watch.logger.lines, [
    `warn: service "echoservice" has addresses in Consul that are not called: link-local, wildcard or wrong`,
  ]);
});

needs(NET, "consul().watch() asks for its datacenter and namespace", async () => {
  await using server = fakeConsul((_, n) => list(n));
  using _watch = watching(server.address, { datacenter: "dc2", namespace: "team" });
  await until(() => server.requests.length > 0, "the first query");
  const { url, headers } = server.requests[0]!;
  assertEquals(
    new URL(url).pathname + new URL(url).search,
    "/v1/health/service/echoservice?passing=true&dc=dc2&stale=1",
  );
  assertEquals(headers.get("x-consul-namespace"), "team");
});

needs(NET, "consul() reports a token that can't be read, and goes on", async () => {
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
