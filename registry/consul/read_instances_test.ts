import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { AllowedAddresses } from "../allowed_addresses.ts";
import { MAX_INSTANCES, MAX_LABEL_CHARACTERS, MAX_LABELS, readInstances } from "./read_instances.ts";
import { LEASE_KEY } from "./wire.ts";
import { JsonReader } from "./json_reader.ts";
import type { Instance } from "../registry.ts";

const ALL = new AllowedAddresses();

const entry = (Address: unknown, Port: unknown = 1, more: object = {}) => ({ Service: { Address, Port, ...more } });
const readText = (text: string, before: readonly Instance[] = []) =>
  readInstances(new JsonReader(new TextEncoder().encode(text)), ALL, before);
const read = (entries: unknown, before?: readonly Instance[]) => readText(JSON.stringify(entries), before);

Deno.test("readInstances() reads address, weight, tags and meta, sorted by address, each once", async () => {
  const { instances, unused } = (await read([
    entry("2001:db8::7"),
    entry("192.0.2.7", 2, {
      Weights: { Passing: 3 },
      Tags: ["zone:a", "url:http://x", "plain", ":x", "ä:<b>\ud83d\ude00\n"],
      Meta: { team: "blue", [LEASE_KEY]: "x", n: 7 },
    }),
    entry("192.0.2.7", 1, { Weights: { Passing: 0 }, Tags: null, Meta: null }),
    entry("192.0.2.7", 1, { Weights: { Passing: 7 } }),
    entry("host.example", 1, { Weights: "?", Tags: "?", Meta: "?" }),
  ]))!;
  assertEquals(instances, [
    { address: "192.0.2.7:1", weight: 10, tags: new Map(), meta: new Map() },
    {
      address: "192.0.2.7:2",
      weight: 3,
      tags: new Map([["zone", "a"], ["url", "http://x"], ["plain", ""], [":x", ""], ["ä", "<b>😀\n"]]),
      meta: new Map([["team", "blue"]]),
    },
    { address: "[2001:db8::7]:1", weight: 10, tags: new Map(), meta: new Map() },
    { address: "host.example:1", weight: 10, tags: new Map(), meta: new Map() },
  ]);
  assertEquals(unused, "");
});

Deno.test("readInstances() uses the address of the node where the service has none", async () => {
  const Node = { Node: "a", Address: "192.0.2.7" };
  const { instances } = (await read([{ ...entry("", 1), Node }, { Node, ...entry("192.0.2.8", 2) }]))!;
  assertEquals(instances.map(({ address }) => address), ["192.0.2.7:1", "192.0.2.8:2"]);
});

Deno.test("readInstances() counts entries without any address as skipped", async () => {
  const list = await read([null, {}, { Service: null }, entry(""), entry(undefined), entry(7), 7, "x", []]);
  assertEquals(list?.instances, []);
  assertEquals(list?.refused, 9);
  assertStringIncludes(
    list!.unused,
    "addresses that are not called (link-local, wildcard or wrong): no address:no port, ",
  );
});

Deno.test("readInstances() rejects port 0, wildcards and link-local addresses in any spelling", async () => {
  const wrong: [unknown, unknown][] = [
    ["192.0.2.7", 0],
    ["192.0.2.7", 70000],
    ["192.0.2.7", 1.5],
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
    ["a".repeat(254), 1],
  ];
  for (const [host, port] of wrong) {
    const list = (await read([entry(host, port)]))!;
    assertEquals(list.instances, []);
    assertEquals(list.refused, 1);
    const shown = `${String(host).slice(0, 100)}:${typeof port === "number" ? port : "no port"}`;
    assertEquals(list.unused, `addresses that are not called (link-local, wildcard or wrong): ${shown}`);
  }
});

Deno.test("readInstances() keeps weights in Consul's range", async () => {
  const weights = [1e308, 1e7, 65_535, 1, 0.5, 1e-308, 0, -1, "9", null];
  const list = (await read(weights.map((Passing, i) => entry("192.0.2.7", i + 1, { Weights: { Passing } }))))!;
  const byPort = list.instances.toSorted((a, b) =>
    a.address.length - b.address.length || (a.address < b.address ? -1 : 1)
  );
  assertEquals(byPort.map(({ weight }) => weight), [65_535, 65_535, 65_535, 1, 1, 1, 10, 10, 10, 10]);
});

Deno.test("readInstances() returns undefined if the answer is not a list, and rejects if it is not JSON", async () => {
  for (const body of [null, { a: [1] }, "[]", 7, true]) {
    const json = new JsonReader(new TextEncoder().encode(JSON.stringify(body)));
    assertEquals(await readInstances(json, ALL, []), undefined);
    json.end();
  }
  for (const text of ["", " ", "[", "[{}", '[{"Service": {"Address": "a', '[{"a" 1}]', "[}", "[1 2]", "[<html>"]) {
    await assertRejects(() => readText(text), SyntaxError);
  }
});

Deno.test("readInstances() limits instances, tags and metadata, and reports the rest briefly", async () => {
  const many = Array.from({ length: 300 }, (_, i) => String(i * 65_536));
  const Tags = [...many, "zone:a"];
  const Meta = Object.fromEntries(many.map((key) => [`k${key}`, "x"]));
  const entries = [
    entry("192.0.2.7", 1, { Tags, Meta }),
    entry("192.0.2.8", 1, { Tags: ["x".repeat(200_000), "zone:a"] }),
    ...Array.from({ length: 1000 }, (_, i) => entry("192.0.2.9", 1, { Tags: ["x".repeat(5000)], ID: i })),
    ...Array.from({ length: MAX_INSTANCES + 100 }, (_, i) => entry(`10.0.${i >> 8}.${i & 255}`)),
    ...Array.from({ length: 100_000 }, (_, i) => entry("0.0.0.0", i)),
    ...Array.from({ length: 10_000 }, () => entry("192.0.2.7", 1)),
  ];
  const { instances, refused, unused } = (await read(entries))!;
  assertEquals([instances.length, refused], [MAX_INSTANCES, 100_000]);
  const one = (address: string) => instances.find((instance) => instance.address === address)!;
  assertEquals([one("192.0.2.7:1").tags.size, one("192.0.2.7:1").meta.size], [MAX_LABELS, MAX_LABELS]);
  assertEquals(one("192.0.2.8:1").tags, new Map([["zone", "a"]]), `no tag is longer than ${MAX_LABEL_CHARACTERS}`);
  assert(unused.length < 2000, unused);
  assertStringIncludes(
    unused,
    "addresses that are not called (link-local, wildcard or wrong): 0.0.0.0:0, 0.0.0.0:1,",
  );
  assertStringIncludes(
    unused,
    "and 99990 more; instances of which only 256 tags and meta of 4096 characters are used: 192.0.2.7:1, 192.0.2.8:1,",
  );
  assertStringIncludes(unused, "103 instances more than the 20000 that are used");
});

Deno.test("readInstances() skips an entry of more than 256 KiB, and reads the others", async () => {
  const Checks = Array.from({ length: 70 }, () => ({ Output: "x".repeat(4000) }));
  const large = { ...entry("192.0.2.7"), Checks };
  const deep = `${"[".repeat(2 ** 20)}${"]".repeat(2 ** 20)}`;
  const text = `[${JSON.stringify(large)},${JSON.stringify(entry("192.0.2.8"))},${deep},{"Checks":${deep}}]`;
  const { instances, unused } = (await readText(text))!;
  assertEquals(instances.map(({ address }) => address), ["192.0.2.8:1"]);
  assertEquals(unused, "3 entries of more than 262144 bytes, which are not used");
  await assertRejects(() => readText(`[${"[".repeat(2 ** 20)}`), SyntaxError, "cut off");
});

Deno.test("readInstances() yields to other work within 50 ms", async () => {
  const big = { ...entry("192.0.2.7"), Checks: Array.from({ length: 20 }, () => ({ Output: "x".repeat(4000) })) };
  const text = JSON.stringify(Array.from({ length: 300 }, () => big));
  let [turns, last, longest] = [0, performance.now(), 0];
  const timer = setInterval(() => {
    turns++;
    longest = Math.max(longest, performance.now() - last);
    last = performance.now();
  }, 1);
  await readText(text);
  clearInterval(timer);
  assert(turns > 0, `${turns} turns, the longest ${longest} ms`);
});

Deno.test("readInstances() returns the same object for an unchanged instance", async () => {
  const like = (more: object) => entry("192.0.2.7", 1, { Tags: ["a:b"], Meta: { c: "d" }, ...more });
  const { instances: [before] } = (await read([like({})]))!;
  const now = async (more: object) => (await read([like(more), entry("192.0.2.8")], [before!]))!.instances[0];
  assert(await now({}) === before);
  for (const change of [{ Tags: ["a:c"] }, { Tags: [] }, { Meta: { e: "d" } }, { Weights: { Passing: 1 } }]) {
    assert(await now(change) !== before, JSON.stringify(change));
  }
});
