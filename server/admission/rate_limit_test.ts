import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { callerOf } from "./caller.ts";
import { RateLimit } from "./rate_limit.ts";
import { Metadata } from "../../rpc/metadata.ts";

const RULES = { rate: 100, burst: 10, by: "peer", option: "rate" } as const;

Deno.test("RateLimit lets a burst pass, then calls at its rate", () => {
  const limit = new RateLimit(RULES);
  let taken = 0;
  for (let now = 0; now < 10_000; now++) if (limit.take("a", now) === 0) taken++;
  assertAlmostEquals(taken, 10 + 1000, 2);
  assertEquals(Array.from({ length: 12 }, () => limit.take("b", 0)), [...Array(10).fill(0), 10, 10]);
});

Deno.test("RateLimit returns the milliseconds until there is a token", () => {
  const limit = new RateLimit({ ...RULES, rate: 0.5, burst: 1 });
  assertEquals(limit.take("a", 0), 0);
  assertEquals(limit.take("a", 500), 1500);
  assertEquals(limit.take("a", 2000), 0);
});

Deno.test("RateLimit has a separate bucket for each caller", () => {
  const limit = new RateLimit(RULES);
  for (let i = 0; i < 100; i++) limit.take("greedy", 0);
  assertEquals(limit.take("modest", 0), 0);
});

Deno.test("RateLimit removes full buckets when new callers arrive", () => {
  const limit = new RateLimit(RULES, 100);
  for (let i = 0; i < 10_000; i++) assertEquals(limit.take(`caller ${i}`, i), 0);
  assert(limit.size <= 101, `${limit.size} are kept`);
});

Deno.test("RateLimit has one shared bucket for callers beyond its capacity, and known callers keep theirs", () => {
  const limit = new RateLimit(RULES, 100);
  const drain = (caller: string) => {
    for (let i = 0; i < 10; i++) limit.take(caller, 0);
  };
  for (let i = 0; i < 100; i++) drain(`known ${i}`);
  const taken = Array.from({ length: 100_000 }, (_, i) => limit.take(`hostile ${i}`, 0)).filter((wait) => wait === 0);
  assertEquals([taken.length, limit.size], [10, 101]);
  assertEquals(limit.take("known 7", 10), 0);
});

Deno.test("callerOf() returns the name of the certificate, or the address without its port", () => {
  const of = (address: string, commonName?: string, uris: string[] = []) => {
    const identity = commonName === undefined ? undefined : { commonName, dnsNames: [], uris };
    return callerOf({ peer: { address, identity }, metadata: new Metadata() }, "peer");
  };
  assertEquals(of("10.0.0.1:5000"), of("10.0.0.1:6000"));
  assertEquals(of("[::ffff:10.0.0.1]:5000"), of("10.0.0.1:6000"));
  assertEquals(of("[2001:db8::1]:1"), of("[2001:db8:0:0:ffff::9]:2"));
  assert(of("[2001:db8:0:1::1]:1") !== of("[2001:db8:0:2::1]:1"));
  assertEquals(of("10.0.0.1:5000", "a"), of("10.0.0.2:5000", "a"));
  assert(of("10.0.0.1:5000", "a", ["spiffe://x/a"]) !== of("10.0.0.1:5000", "a"));
  assert(of("10.0.0.1:5000", "10.0.0.1") !== of("10.0.0.1:5000"), "a name can't stand for an address");
});

Deno.test("callerOf() by metadata returns the value of the field, truncated if it is long", () => {
  const of = (values: Record<string, string>) =>
    callerOf({ peer: { address: "a:1" }, metadata: new Metadata(values) }, "metadata:x-tenant");
  assert(of({ "x-tenant": "a" }) !== of({ "x-tenant": "b" }));
  assertEquals(of({}), of({ "x-other": "b" }));
  assert(of({ "x-tenant": "a".repeat(8000) }).length < 200);
});
