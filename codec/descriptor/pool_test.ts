import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { ECHO_PROTO } from "../../proto/echo.ts";
import { HEALTH_PROTO } from "../../proto/grpc/health/v1/health.ts";
import type { JsonValue } from "../../rpc/json.ts";
import type { MessageType, Service } from "../../rpc/service.ts";
import { All, ALL_PROTO } from "../../tests/proto/all.ts";
import { IDEMPOTENT_PROTO, Store } from "../../tests/proto/idempotent.ts";
import { KINDS_PROTO } from "../../tests/proto/kinds.ts";
import { Known, KNOWN_PROTO } from "../../tests/proto/known.ts";
import { Odd, ODD_PROTO } from "../../tests/proto/odd.ts";
import { POOL_PROTO } from "../../tests/proto/pool.ts";
import type { ProtoFile } from "../file.ts";
import { declaredBy } from "./declared.ts";
import { fileDescriptorProto } from "./descriptor_proto.ts";
import { fileDescriptors } from "./file.ts";
import { protoFiles } from "./pool.ts";

// Descriptors by protoc, those of proto2 and editions among them, are in tests/interop/python_test.ts.

const ALL_FILES = [
  ALL_PROTO,
  ECHO_PROTO,
  HEALTH_PROTO,
  IDEMPOTENT_PROTO,
  KINDS_PROTO,
  KNOWN_PROTO,
  ODD_PROTO,
  POOL_PROTO,
];

const bytesOf = async (files: Iterable<ProtoFile>) =>
  new Map([...await fileDescriptors(files)].map(([name, { bytes }]) => [name, bytes]));

/** Bytes of a descriptor in JSON. */
const encoded = async (json: JsonValue) => {
  const type = await fileDescriptorProto();
  return type.encode(type.fromJson(json) as never);
};

Deno.test("protoFiles() returns files with equal descriptors, in any order", async () => {
  const bytes = await bytesOf(ALL_FILES);
  const files = await protoFiles([...bytes.values()].reverse());
  assertEquals([...files.keys()].sort(), [...bytes.keys()].sort());
  assertEquals(await bytesOf([...bytes.keys()].map((name) => files.get(name)!)), bytes);
});

Deno.test("protoFiles() gives messages that are encoded and written as JSON like those of generated code", async () => {
  const files = await protoFiles((await bytesOf(ALL_FILES)).values());
  const deep = { msg: { text: "t" }, deeper: { aMap: { k: {} }, Map2ofThese: { "-1": "ODD_HEX" } } };
  const samples: [file: string, type: MessageType<unknown>, json: JsonValue][] = [
    ["odd.proto", Odd, { last: "x", b: deep, ABCDef: true }],
    ["odd.proto", Odd, { a: 0, C: "0", d: {} }],
    ["known.proto", Known, {}],
    ["all.proto", All, {}],
  ];
  for (const [file, type, json] of samples) {
    const dynamic = declaredBy(files.get(file)!).types.get(type.typeName)!;
    const message = type.fromJson(json);
    assertEquals(dynamic.fromJson(json), message);
    const bytes = type.encode(message as never);
    assertEquals(dynamic.encode(message as never), bytes);
    assertEquals(dynamic.decode(bytes), message);
    const options = { emitDefaults: true };
    assertEquals(dynamic.toJson(message as never, options), type.toJson(message as never, options));
  }
});

Deno.test("protoFiles() gives services like those of generated code", async () => {
  const files = await protoFiles((await bytesOf(ALL_FILES)).values());
  const facts = (service: Service) =>
    Object.entries(service.methods).map((
      [property, { name, path, kind, idempotent, request, response }],
    ) => [property, name, path, kind, idempotent, request.typeName, response.typeName]);
  const dynamic = declaredBy(files.get("idempotent.proto")!).services.get(Store.typeName)!;
  assertEquals(facts(dynamic), facts(Store));
});

Deno.test("protoFiles() needs neither the well-known files nor unused imports", async () => {
  const bytes = await encoded({
    name: "a.proto",
    syntax: "proto3",
    dependency: ["google/protobuf/timestamp.proto", "validate.proto"],
    messageType: [{
      name: "M",
      field: [{ name: "at", number: 1, type: "TYPE_MESSAGE", typeName: ".google.protobuf.Timestamp" }],
    }],
  });
  const type = declaredBy((await protoFiles([bytes])).get("a.proto")!).types.get("M")!;
  assertEquals(type.toJson(type.fromJson({ at: "2026-01-31T12:00:00Z" }) as never), { at: "2026-01-31T12:00:00Z" });
});

Deno.test("protoFiles() names a type that is missing, and the file that is", async () => {
  const bytes = await encoded({
    name: "a.proto",
    dependency: ["b.proto"],
    messageType: [{ name: "M", field: [{ name: "b", number: 1, type: "TYPE_MESSAGE", typeName: ".b.B" }] }],
  });
  const { message } = await assertRejects(() => protoFiles([bytes]), Error);
  const text = "the descriptor of a.proto is not complete (b.proto, which it imports, is not there): no such ";
  assertEquals([message.slice(0, text.length), message.includes(".b.B")], [text, true]);
});

Deno.test("protoFiles() rejects invalid descriptors, circular imports and future editions", async () => {
  const cases: [Uint8Array[], string][] = [
    [[Uint8Array.of(0x0a, 9)], "these 2 bytes are no valid google.protobuf.FileDescriptorProto"],
    [
      [await encoded({ name: "a", dependency: ["b"] }), await encoded({ name: "b", dependency: ["a"] })],
      "the imports form a circle: a -> b -> a",
    ],
    [
      [await encoded({ name: "a", syntax: "editions", edition: "EDITION_99997_TEST_ONLY" })],
      "a is written in the edition EDITION_99997_TEST_ONLY, which is not known here",
    ],
  ];
  for (const [descriptors, text] of cases) await assertRejects(() => protoFiles(descriptors), Error, text);
});

Deno.test("a message with a group throws when it is used; other messages of its file work", async () => {
  const bytes = await encoded({
    name: "a.proto",
    messageType: [
      {
        name: "M",
        field: [{ name: "g", number: 1, label: "LABEL_REPEATED", type: "TYPE_GROUP", typeName: ".M.G" }],
        nestedType: [{ name: "G", field: [{ name: "x", number: 1, type: "TYPE_INT32" }] }],
      },
      { name: "N", field: [{ name: "x", number: 1, label: "LABEL_OPTIONAL", type: "TYPE_INT32" }] },
    ],
  });
  const { types } = declaredBy((await protoFiles([bytes])).get("a.proto")!);
  const text = "M.g is a group, which is not supported";
  const m = types.get("M")!;
  for (const use of [() => m.encode({}), () => m.decode(new Uint8Array()), () => m.fromJson({}), () => m.toJson({})]) {
    assertThrows(use, Error, text);
  }
  // Fields of proto2 have presence.
  assertEquals([types.get("N")!.encode({ x: 0 } as never).toHex(), types.get("N")!.decode(new Uint8Array())], [
    "0800",
    {},
  ]);
});

Deno.test("protoFiles() takes names that objects have already", async () => {
  const names = ["constructor", "toString", "hasOwnProperty"];
  const bytes = await encoded({
    name: "a.proto",
    syntax: "proto3",
    messageType: names.map((name) => ({ name, field: [{ name, number: 1, type: "TYPE_STRING" }] })),
  });
  const { types } = declaredBy((await protoFiles([bytes])).get("a.proto")!);
  assertEquals([...types.keys()], names);
  for (const [name, type] of types) assertEquals(type.toJson({ [`${name}_`]: "x" } as never), { [name]: "x" });
});
