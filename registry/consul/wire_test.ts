import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { checkName, LEASE_KEY, readHolder, toService, toWeights } from "./wire.ts";
import { JsonReader } from "./json_reader.ts";
import type { Registration } from "../registry.ts";

const TIMES = { checkInterval: 5000, checkTimeout: 4000, deregisterCriticalServiceAfter: 60_000 };
const ECHO: Registration = { name: "echoservice", address: "127.0.0.1:21010" };

Deno.test("toService() returns the registration of Kitex's registry-consul, with a check that passes from the start", () => {
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

Deno.test("toService() rejects values that Consul silently accepts or Kitex can't read, and names the field", () => {
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

Deno.test("toWeights() defaults to 10, as Kitex does, and rejects weights that Consul rejects", () => {
  assertEquals(toWeights(ECHO), { Weights: { Passing: 10, Warning: 10 } });
  assertEquals(toWeights({ ...ECHO, weight: 3 }), { Weights: { Passing: 3, Warning: 3 } });
  for (const weight of [0, 1.5, -1, 65536, NaN]) {
    assertThrows(() => toWeights({ ...ECHO, weight }), TypeError, `consul: weight is ${weight}`);
  }
});

Deno.test("checkName() accepts only names that are valid in a URL and in DNS", () => {
  for (const name of ["echoservice", "Echo_2", "cwg.echo-service"]) checkName(name);
  for (const name of ["", "a b", "a/b", "ä", "a\n", "a".repeat(129)]) assertThrows(() => checkName(name), TypeError);
});

Deno.test("readHolder() finds the value of the lease under one ID", () => {
  const read = (value: unknown) =>
    readHolder(new JsonReader(new TextEncoder().encode(JSON.stringify(value))), "echoservice:127.0.0.1:21010");
  const id = "echoservice:127.0.0.1:21010";
  assertEquals(read({ [id]: { Meta: { team: "blue", [LEASE_KEY]: "KEY" } } }), "KEY");
  for (const service of [{ Meta: { team: "blue" } }, { Meta: null }, {}, { Meta: { [LEASE_KEY]: 7 } }]) {
    assertEquals(read({ other: { Meta: { [LEASE_KEY]: "KEY" } }, [id]: service }), "");
  }
  assertEquals(read({ other: { Meta: { [LEASE_KEY]: "KEY" } } }), undefined);
  assertEquals(read({}), undefined);
});
