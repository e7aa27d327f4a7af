import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { AllowedAddresses } from "./allowed_addresses.ts";
import { checkName, LEASE_KEY, readInstances, toService, toWeights } from "./consul_wire.ts";
import type { Registration } from "./registry.ts";

const TIMES = { checkInterval: 5000, checkTimeout: 4000, deregisterCriticalServiceAfter: 60_000 };
const ALL = new AllowedAddresses();
const ECHO: Registration = { name: "echoservice", address: "127.0.0.1:21010" };

Deno.test("toService() writes what Kitex's registry-consul writes, with a check that passes from the start", () => {
  assertEquals(toService({ ...ECHO, tags: { zone: "a", version: "v1" } }, TIMES, "KEY"), {
    name: "echoservice",
    id: "echoservice:127.0.0.1:21010",
    address: "127.0.0.1",
    port: 21010,
    tags: ["zone:a", "version:v1"],
    meta: { [LEASE_KEY]: "KEY" },
    check: {
      tcp: "127.0.0.1:21010",
      interval: "5000ms",
      timeout: "4000ms",
      status: "passing",
      deregistercriticalserviceafter: "60000ms",
    },
  });
});

Deno.test("toService() checks the health URL rather than the port if there is one", () => {
  const { check } = toService({ ...ECHO, healthUrl: "http://127.0.0.1:8889/health" }, TIMES, "KEY");
  assertEquals((check as { http: string; tcp?: string }).http, "http://127.0.0.1:8889/health");
  assertEquals((check as { tcp?: string }).tcp, undefined);
});

Deno.test("toService() puts IPv6 into brackets wherever a port follows", () => {
  const { id, address, check } = toService({ ...ECHO, address: "[2001:db8::7]:1" }, TIMES, "KEY");
  assertEquals(id, "echoservice:[2001:db8::7]:1");
  assertEquals(address, "2001:db8::7");
  assertEquals((check as { tcp: string }).tcp, "[2001:db8::7]:1");
});

Deno.test("toService() refuses what Consul takes without a word or Kitex can't read, and names the field", () => {
  const refused = (wrong: Partial<Registration>) =>
    assertThrows(() => toService({ ...ECHO, ...wrong }, TIMES, "KEY"), TypeError).message;
  assertStringIncludes(refused({ name: "a/b" }), `consul: name is "a/b"; use 1 to 128 letters`);
  assertStringIncludes(refused({ address: "127.0.0.1" }), `consul: address: "127.0.0.1" has no port`);
  assertStringIncludes(refused({ address: "127.0.0.1:70000" }), "has no port from 0 to 65535");
  assertStringIncludes(refused({ address: "127.0.0.1:0" }), `consul: address "127.0.0.1:0" has port 0`);
  assertStringIncludes(refused({ address: ":8888" }), `consul: address ":8888" is a wildcard`);
  assertStringIncludes(refused({ address: "unix:/run/echo.sock" }), "can't be registered");
  assertStringIncludes(refused({ healthUrl: "127.0.0.1:8889" }), `consul: healthUrl is "127.0.0.1:8889"`);
  assertStringIncludes(refused({ tags: { "a:b": "c" } }), `consul: tags["a:b"] is "c"`);
  assertStringIncludes(refused({ tags: { a: "b\n" } }), `consul: tags["a"] is "b\\n"`);
  assertStringIncludes(refused({ meta: { "a b": "c" } }), `consul: meta["a b"] is "c"`);
  assertStringIncludes(refused({ meta: { a: "ä".repeat(257) } }), `consul: meta["a"] is`);
  assertStringIncludes(refused({ meta: { [LEASE_KEY]: "c" } }), "is Dinokit's own");
  const many = Object.fromEntries(Array.from({ length: 64 }, (_, i) => [`k${i}`, ""]));
  assertStringIncludes(refused({ meta: many }), "consul: meta has 64 entries; use at most 63");
});

Deno.test("toWeights() weighs 10 as Kitex does, and refuses what Consul refuses", () => {
  assertEquals(toWeights(ECHO), { Weights: { Passing: 10, Warning: 10 } });
  assertEquals(toWeights({ ...ECHO, weight: 3 }), { Weights: { Passing: 3, Warning: 3 } });
  for (const weight of [0, 1.5, -1, 65536, NaN]) {
    assertThrows(() => toWeights({ ...ECHO, weight }), TypeError, `consul: weight is ${weight}`);
  }
});

Deno.test("checkName() takes what stands in a URL and a DNS name, and nothing else", () => {
  for (const name of ["echoservice", "Echo_2", "cwg.echo-service"]) checkName(name);
  for (const name of ["", "a b", "a/b", "ä", "a\n", "a".repeat(129)]) assertThrows(() => checkName(name), TypeError);
});

const entry = (Address: unknown, Port: unknown = 1, more: object = {}) => ({ Service: { Address, Port, ...more } });

Deno.test("readInstances() reads address, weight, tags and meta, in the order of the addresses, each once", () => {
  const { instances, refused } = readInstances([
    entry("2001:db8::7"),
    entry("192.0.2.7", 2, {
      Weights: { Passing: 3 },
      Tags: ["zone:a", "url:http://x", "plain", ":x"],
      Meta: { team: "blue", [LEASE_KEY]: "x", n: 7 },
    }),
    entry("192.0.2.7", 1, { Weights: { Passing: 0 }, Tags: null, Meta: null }),
    entry("192.0.2.7", 1, { Weights: { Passing: 7 } }),
    entry("host.example", 1, { Weights: "?", Tags: "?", Meta: "?" }),
  ], ALL)!;
  assertEquals(instances, [
    { address: "192.0.2.7:1", weight: 10, tags: new Map(), meta: new Map() },
    {
      address: "192.0.2.7:2",
      weight: 3,
      tags: new Map([["zone", "a"], ["url", "http://x"], ["plain", ""], [":x", ""]]),
      meta: new Map([["team", "blue"]]),
    },
    { address: "[2001:db8::7]:1", weight: 10, tags: new Map(), meta: new Map() },
    { address: "host.example:1", weight: 10, tags: new Map(), meta: new Map() },
  ]);
  assertEquals(refused, []);
});

Deno.test("readInstances() skips an entry without an address of its own, as Kitex does", () => {
  const nothing = [null, {}, { Service: null }, entry(""), entry(undefined), entry(7)];
  assertEquals(readInstances(nothing, ALL), { instances: [], refused: [] });
});

Deno.test("readInstances() refuses port 0, wildcards and link-local addresses in any spelling", () => {
  const wrong: [unknown, unknown][] = [
    ["192.0.2.7", 0],
    ["192.0.2.7", 70000],
    ["192.0.2.7", "1"],
    ["0.0.0.0", 1],
    ["::", 1],
    ["169.254.169.254", 1],
    ["0xa9fea9fe", 1],
    ["2852039166", 1],
    ["::ffff:169.254.169.254", 1],
    ["::ffff:0.0.0.0", 1],
    ["fe80::1", 1],
    ["FEBF::1", 1],
    ["fe80::1%eth0", 1],
    ["a b", 1],
    ["192.0.2.7/x", 1],
    ["user@192.0.2.7", 1],
  ];
  const { instances, refused } = readInstances(wrong.map(([host, port]) => entry(host, port)), ALL)!;
  assertEquals(instances, []);
  assertEquals(refused, wrong.map(([host, port]) => `${host}:${port}`));
});

Deno.test("readInstances() says so if it is given something else", () => {
  for (const body of [undefined, null, {}, "[]", 7]) assertEquals(readInstances(body, ALL), undefined);
});
