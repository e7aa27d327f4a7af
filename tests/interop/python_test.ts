import { assertEquals } from "@std/assert";
import { declaredBy } from "../../codec/descriptor/declared.ts";
import { fileDescriptors } from "../../codec/descriptor/file.ts";
import { protoFiles } from "../../codec/descriptor/read.ts";
import type { ProtoFile } from "../../codec/file.ts";
import { isObject } from "../../codec/json/value.ts";
import { ECHO_PROTO } from "../../proto/echo.ts";
import type { JsonValue } from "../../rpc/json.ts";
import type { MessageType } from "../../rpc/service.ts";
import { TEST_SERVICE_PROTO } from "../conformance/proto/test_service.ts";
import { ODD_PROTO } from "../proto/odd.ts";
import { All, ALL_PROTO, Inherited, Scalars } from "../proto/all.ts";
import { Known, KNOWN_PROTO, Names } from "../proto/known.ts";
import { needsPython, runPython } from "./python/run.ts";

const HERE = new URL("./", import.meta.url).pathname;
const FOLDER = new URL("../proto/", import.meta.url).pathname;
const COUNT = 400;
// Another seed finds other faults; the messages of this one are always the same.
const SEED = "1";

/** A value as codec.py writes it. */
type Written =
  | number
  | string
  | boolean
  | Written[]
  | { big: string }
  | { bytes: string }
  | { float: string }
  | { map: [Written, Written][] }
  | { message: Record<string, Written> }
  | { case: string; value: Written };

function valueOf(written: Written): unknown {
  if (typeof written !== "object") return written;
  if (Array.isArray(written)) return written.map(valueOf);
  if ("big" in written) return BigInt(written.big);
  if ("bytes" in written) return Uint8Array.fromHex(written.bytes);
  if ("float" in written) return Number(written.float);
  if ("map" in written) return new Map(written.map.map(([key, value]) => [valueOf(key), valueOf(value)]));
  if ("case" in written) return { case: written.case, value: valueOf(written.value) };
  return Object.fromEntries(Object.entries(written.message).map(([name, value]) => [name, valueOf(value)]));
}

/** JSON that keeps the sign of -0, as Python's does. */
const textOf = (json: JsonValue) =>
  JSON.stringify(
    json,
    (_, value) =>
      Object.is(value, -0) ? (JSON as unknown as { rawJSON(text: string): unknown }).rawJSON("-0.0") : value,
  );

/** Their JSON, but with our numbers where both are the same float: 2877537.25 is 2877537.3 in JavaScript, 2877537.2 in Python. */
function alike(ours: JsonValue, theirs: JsonValue): JsonValue {
  if (typeof ours === "number" && typeof theirs === "number") {
    return !Number.isInteger(ours) && Math.fround(ours) === Math.fround(theirs) ? ours : theirs;
  }
  if (Array.isArray(ours) && Array.isArray(theirs)) return theirs.map((one, i) => alike(ours[i] ?? null, one));
  if (!isObject(ours) || !isObject(theirs)) return theirs;
  return Object.fromEntries(Object.entries(theirs).map(([name, one]) => [name, alike(ours[name] ?? null, one)]));
}

const TYPES: [file: string, type: MessageType<unknown>][] = [
  ["all.proto", All],
  ["all.proto", Scalars],
  ["all.proto", Inherited],
  ["known.proto", Known],
  ["known.proto", Names],
];

/** The types of a .proto file as protoc describes it. */
async function describedTypes(path: string): Promise<ReadonlyMap<string, MessageType<unknown>>> {
  const lines = (await runPython("protoc.py", [path])).trim().split("\n");
  const files = await protoFiles(lines.map((line) => Uint8Array.fromHex(line)));
  return declaredBy(files.get(path.split("/").at(-1)!)!).types;
}

/** Compares types with Python's of that name, both ways. */
async function compare(path: string, types: readonly MessageType<unknown>[]): Promise<void> {
  const about = [path, types[0]!.typeName, String(COUNT), SEED];
  const made = (await runPython("codec.py", ["make", ...about])).trim().split("\n").map((line) => JSON.parse(line));
  assertEquals(made.length, COUNT);
  for (const type of types) {
    const lines = made.map(({ hex, value, json, full }) => {
      const expected = valueOf(value);
      assertEquals(type.decode(Uint8Array.fromHex(hex)), expected);
      const [ours, oursFull] = [{}, { emitDefaults: true }].map((options) => type.toJson(expected as never, options));
      assertEquals(ours, alike(ours!, json));
      assertEquals(oursFull, alike(oursFull!, full));
      assertEquals(type.fromJson(json), expected);
      assertEquals(type.fromJson(full), expected);
      return { hex: type.encode(expected as never).toHex(), json: textOf(ours!) };
    });
    // It fails, and says why, if it does not read the messages that it has made.
    await runPython("codec.py", ["check", ...about], lines.map(({ hex }) => hex).join("\n"));
    await runPython("codec.py", ["check", ...about], lines.map(({ json }) => json).join("\n"));
  }
}

for (const [file, type] of TYPES) {
  needsPython(`binary and JSON both ways agree with Python's protobuf on ${type.typeName}`, async () => {
    const described = (await describedTypes(FOLDER + file)).get(type.typeName)!;
    await compare(FOLDER + file, [type, described]);
  });
}

const OLDER_AND_NEWER: [file: string, type: string][] = [
  ["proto2.proto", "dinokit.old.Old"],
  ["edition.proto", "dinokit.edition.New"],
  ["edition.proto", "dinokit.edition.Other"],
];

for (const [file, typeName] of OLDER_AND_NEWER) {
  needsPython(`a type made of protoc's descriptors agrees with Python's protobuf on ${typeName}`, async () => {
    const path = `${HERE}python/proto/${file}`;
    await compare(path, [(await describedTypes(path)).get(typeName)!]);
  });
}

const FILES: [file: ProtoFile, path: string, types: string[]][] = [
  [ALL_PROTO, "../proto/all.proto", [All.typeName, Scalars.typeName, Inherited.typeName]],
  [KNOWN_PROTO, "../proto/known.proto", [Known.typeName, Names.typeName]],
  [ECHO_PROTO, "../../proto/echo.proto", ["echo.Req"]],
  [TEST_SERVICE_PROTO, "../conformance/proto/test_service.proto", ["grpc.testing.SimpleRequest"]],
  [ODD_PROTO, "../proto/odd.proto", ["Odd", "Odd.In"]],
];

for (const [file, path, types] of FILES) {
  needsPython(`fileDescriptors() gives what protoc makes of ${file.name}, and Python takes it`, async () => {
    const lines = [...(await fileDescriptors([file])).values()].map(({ bytes }) => bytes.toHex());
    await runPython("descriptors.py", [new URL(path, import.meta.url).pathname, ...types], lines.join("\n"));
  });
}
