import { assertEquals, assertStringIncludes } from "@std/assert";
import { type ClientPolicy, type Init, type RpcError, Status } from "../mod.ts";
import { assertRpcError, testPair } from "../testing/mod.ts";
import { workshop } from "./new_project.ts";
import { needs } from "./needs.ts";
import { Fields, Kind, Names } from "./proto/names.ts";

/** A message in which each field has a value. */
const MESSAGE: Init<Fields> = {
  constructor_: "a",
  then: "b",
  toString_: "c",
  valueOf_: "d",
  hasOwnProperty_: "e",
  name: "f",
  length: 7,
  prototype: "h",
  toJson: "i",
  _Proto__: "j",
  kind: Kind.hasOwnProperty,
  isPrototypeOf_: { case: "value", value: { constructor_: "n", hasOwnProperty_: { valueOf_: "" } } },
  arguments: new Map([["__proto__", Kind.length], ["constructor", Kind.constructor]]),
  caller: [{ constructor_: "p" }],
  toLocaleString_: "",
};

Deno.test("names that every object has: messages in bytes and in JSON", () => {
  const message = Fields.decode(Fields.encode(MESSAGE));
  assertEquals({ ...message, caller: [{ constructor_: "p" }] }, MESSAGE as Fields);
  const json = Fields.toJson(message) as Record<string, unknown>;
  assertEquals(Object.keys(json).slice(0, 6), ["constructor", "then", "toString", "valueOf", "hasOwnProperty", "name"]);
  assertEquals([json.kind, json.Proto, json.toLocaleString], ["hasOwnProperty", "j", ""]);
  assertEquals(JSON.stringify(json.arguments), `{"__proto__":"length","constructor":"constructor"}`);
  assertEquals(Fields.fromJson(JSON.parse(JSON.stringify(json))), message);
  assertEquals(Fields.fromJson({ has_own_property: "x", kind: "toString_" }).kind, Kind.toString_);
  assertEquals(Fields.encode({}).length, 0);
});

Deno.test("names that every object has: all methods, by name in policies and faults too", async () => {
  const clientPolicy: ClientPolicy = { methods: { constructor: { timeout: 5000 }, Then: { timeout: 6000 } } };
  await using pair = await testPair(Names, {
    constructor_: (request) => request,
    then_: (request) => request,
    toString_: (request) => request,
    async *valueOf_(request) {
      yield request;
    },
    hasOwnProperty_: async (requests) => (await Array.fromAsync(requests))[0]!,
    name: () => ({}),
    async *length(requests) {
      yield* requests;
    },
  }, {
    client: { ...clientPolicy, fallback: { call: () => ({ name: "fallback" }) } },
    server: { methods: { toString: { rate: { rate: 1e6 } } } },
  });
  const { client } = pair;
  for (const name of ["constructor_", "then_", "toString_"] as const) {
    assertEquals((await client[name](MESSAGE)).length, 7, name);
  }
  assertEquals((await Array.fromAsync(client.valueOf_(MESSAGE))).length, 1);
  assertEquals((await client.hasOwnProperty_(ReadableStream.from([MESSAGE]))).length, 7);
  assertEquals((await client.name({})).name, "");
  assertEquals((await Array.fromAsync(client.length(ReadableStream.from([{}, {}])))).length, 2);
  assertEquals((await client.call({})).name, "fallback");
  await assertRpcError(client.toJSON({}), {
    code: Status.UNIMPLEMENTED,
    message: 'the test has no handler "toJSON"',
  });
  const deadlines = pair.calls.slice(0, 3).map(({ deadline }) => Math.ceil((deadline! - Date.now()) / 1000));
  assertEquals(deadlines, [5, 6, 10]);
  pair.faults.inject({ method: "constructor", status: Status.ABORTED });
  const error = await client.constructor_({}).catch((error: unknown) => error);
  assertEquals((error as RpcError).code, Status.ABORTED);
});

needs([{ name: "run" }, { name: "read" }, { name: "write" }], "dinokit new: names that every object has", async () => {
  const proto = Deno.readTextFileSync(new URL("./proto/names.proto", import.meta.url));
  await using shop = workshop({ "names.proto": proto });
  await shop.make("names", "--idl", "names.proto");
  await shop.deno("names", "lint");
  await shop.deno("names", "task", "check");
  assertStringIncludes(await shop.deno("names", "task", "test"), "11 passed");
});
