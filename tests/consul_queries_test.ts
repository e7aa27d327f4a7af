import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { allowed, dripping, entry, fakeConsul, hang, list, watching } from "./fake_consul.ts";
import { needs } from "./needs.ts";
import { until } from "./observe.ts";

const NET: Deno.PermissionDescriptor[] = [{ name: "net" }];
const pause = (ms: number) => new Promise((done) => setTimeout(done, ms));

needs(NET, "consul().watch() gives up a first query that hangs after 8 s", async () => {
  await using server = fakeConsul(() => hang());
  using watch = watching(server.address);
  const start = performance.now();
  await until(() => watch.told.length > 0, "the error");
  const took = performance.now() - start;
  assert(took > 7900 && took < 12_000, `told after ${took} ms`);
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

needs(NET, "consul().watch() reads 10,000 servers, and skips the other entries among them", async () => {
  const entries = Array.from({ length: 10_000 }, (_, i) => entry(1, `10.0.${i >> 8}.${i & 255}`));
  await using server = fakeConsul((_, n) => n <= 2 ? list(n, ...entries, ...Array(1000).fill(null)) : hang());
  using watch = watching(server.address);
  await until(() => server.requests.length === 3, "two lists");
  assertEquals(watch.told.map((one) => one.split(",").length), [10_000]);
});

/** A list as a server answers it that has been without its leader for so long. */
function without(leader: "known" | "unknown", lastContact: number, answer: Response): Response {
  answer.headers.set("x-consul-knownleader", String(leader === "known"));
  answer.headers.set("x-consul-lastcontact", String(lastContact));
  return answer;
}

needs(
  NET,
  "consul().watch() lets any server answer, and asks the leader for a while after an answer that is too old",
  async () => {
    const answers = [
      without("known", 5000, list(7, entry(1))),
      without("known", 5001, list(7, entry(9))),
      list(8, entry(2)),
      list(9, entry(3)),
    ];
    await using server = fakeConsul(() => answers.shift() ?? hang());
    using watch = watching(server.address);
    await until(() => server.requests.length === 5, "five queries");
    const stale = server.requests.map(({ url }) => new URL(url).searchParams.has("stale"));
    assertEquals(stale, [true, true, false, false, false]);
    assertEquals(server.indexes(), [null, "7", null, "8", "9"]);
    assertEquals(watch.told, ["127.0.0.1:1", "127.0.0.1:2", "127.0.0.1:3"], "what is too old is not told");
    assertEquals(watch.logger.lines, []);
  },
);

needs(
  NET,
  "consul().watch() accepts a stale answer while there is no leader, and logs it once",
  async () => {
    const none = () => new Response("No cluster leader", { status: 500 });
    const answers = [
      without("unknown", 0, list(7, entry(1))),
      none(),
      without("unknown", 9000, list(8, entry(2))),
      none(),
      without("known", 0, list(9, entry(3))),
    ];
    await using server = fakeConsul(() => answers.shift() ?? hang());
    using watch = watching(server.address);
    await until(() => server.requests.length === 6, "six queries");
    const stale = server.requests.map(({ url }) => new URL(url).searchParams.has("stale"));
    assertEquals(stale, [true, false, true, false, true, true]);
    assertEquals(watch.told, ["127.0.0.1:1", "127.0.0.1:2", "127.0.0.1:3"]);
    assertEquals(watch.logger.lines, [
      `warn: Consul at ${server.address} has no leader: its data about service "echoservice" may be stale`,
      `info: Consul at ${server.address} answers again about service "echoservice"`,
    ]);
  },
);

needs(NET, "consul().watch() gives up a query that waits too long, keeps the list and asks afresh", async () => {
  await using server = fakeConsul((_, n) => n === 2 ? hang() : list(7, entry(1)));
  using watch = watching(server.address, { wait: 1000 });
  const start = performance.now();
  await until(() => server.requests.length === 3, "it asks again", 20_000);
  const took = performance.now() - start;
  // 900 ms at least and a sixteenth, and 8 s
  assert(took > 8900, `asked again after ${took} ms`);
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

needs(
  NET,
  "consul().watch() under 500 keeps the last list and reports the error after the grace period; an empty list then has a separate grace period",
  async () => {
    let answer = () => list(5, entry(1));
    await using server = fakeConsul(() => answer());
    using watch = watching(server.address, { grace: 1000 });
    await until(() => watch.told.length === 1, "the list");
    answer = () => new Response(null, { status: 500 });
    await until(() => watch.told.length === 2, "the error");
    assertStringIncludes(watch.told[1]!, "answered 500");
    assertStringIncludes(watch.logger.lines[0]!, "answered 500");
    assertStringIncludes(watch.logger.lines[0]!, `the last list of service "echoservice", of 1, is kept`);
    let since: number | undefined;
    answer = () => {
      since ??= performance.now();
      return list(6);
    };
    await until(() => watch.told.length === 3, "the empty list");
    assertEquals(watch.told, ["127.0.0.1:1", watch.told[1], ""]);
    assert(performance.now() - since! > 900, "not before its own grace has passed");
    assertStringIncludes(watch.logger.lines.at(-1)!, "was kept for 1000 ms and is given up");
  },
);

needs(NET, "consul().watch() reports no list twice, and warns once about addresses that it rejects", async () => {
  const entries = [entry(1), entry(1, "169.254.169.254"), entry(0)];
  await using server = fakeConsul((_, n) => list(n, ...entries));
  using watch = watching(server.address);
  await until(() => server.requests.length === 4, "four queries");
  assertEquals(watch.told, ["127.0.0.1:1"]);
  assertEquals(watch.logger.lines, [
    `warn: service "echoservice" in Consul has addresses that are not called (link-local, wildcard or wrong): ` +
    "169.254.169.254:1, 127.0.0.1:0",
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

needs(NET, "consul().watch() reports a change of only a weight, a tag or a fact", async () => {
  const one = (more: object) => ({ Service: { ...entry(1).Service, ...more } });
  const changes = [{}, { Weights: { Passing: 3 } }, { Tags: ["zone:a"] }, { Tags: ["zone:b"] }, {
    Meta: { team: "blue" },
  }];
  await using server = fakeConsul((_, n) => n <= changes.length ? list(n, one(changes[n - 1]!)) : hang());
  using watch = watching(server.address);
  await until(() => server.requests.length > changes.length, "all are asked for");
  assertEquals(watch.told.length, changes.length);
});

needs(NET, "consul().watch() leaves out instances outside of allowAddresses, and names them", async () => {
  await using server = fakeConsul((_, n) =>
    n === 1 ? list(1, entry(1), entry(1, "10.1.2.3"), entry(1, "evil.example")) : hang()
  );
  using watch = watching(server.address, { allowAddresses: ["10.0.0.0/8"] });
  await until(() => watch.told.length > 0, "the list");
  assertEquals(watch.told, ["10.1.2.3:1"]);
  assertStringIncludes(
    watch.logger.lines[0]!,
    "addresses that are not called (outside of 10.0.0.0/8 (allowAddresses), link-local, wildcard or wrong): " +
      "127.0.0.1:1, evil.example:1",
  );
});
