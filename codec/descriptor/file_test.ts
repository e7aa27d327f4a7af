import { assertEquals } from "@std/assert";
import { ECHO_PROTO, EchoService } from "../../proto/echo.ts";
import { HEALTH_PROTO } from "../../proto/grpc/health/v1/health.ts";
import { ALL_PROTO } from "../../tests/proto/all.ts";
import { ODD_PROTO } from "../../tests/proto/odd.ts";
import { IMPORTS_OLD_PROTO } from "../../tests/proto/imports_old.ts";
import { fileOf, protoFile } from "../file.ts";
import { fileDescriptors } from "./file.ts";

// Whether the bytes are those of protoc is tested in tests/interop/python_test.ts.

Deno.test("fileDescriptors() returns a file and its imports once each, imports first", async () => {
  const files = await fileDescriptors([ALL_PROTO, ODD_PROTO, ALL_PROTO, HEALTH_PROTO]);
  assertEquals([...files.keys()], [
    "kinds.proto",
    "google/protobuf/timestamp.proto",
    "google/protobuf/struct.proto",
    "all.proto",
    "google/protobuf/empty.proto",
    "odd.proto",
    "grpc/health/v1/health.proto",
  ]);
  assertEquals(files.get("odd.proto")!.dependencies, ["kinds.proto", "google/protobuf/empty.proto"]);
});

Deno.test("fileDescriptors() names all that a file declares", async () => {
  const files = await fileDescriptors([ODD_PROTO, fileOf(EchoService)!]);
  assertEquals(files.get("echo.proto")!.symbols, [
    "echo.Req",
    "echo.Req.mes",
    "echo.Resp",
    "echo.Resp.resp",
    "echo.EchoService",
    "echo.EchoService.Echo",
  ]);
  const { symbols } = files.get("odd.proto")!;
  const some = ["Odd.In.Deeper.AMapEntry", "Odd.first", "Odd.X_c", "OddKind", "ODD_HEX", "OddService.under_score"];
  assertEquals(some.filter((name) => !symbols.includes(name)), []);
});

Deno.test("fileDescriptors() encodes a FileDescriptorProto", async () => {
  const { bytes } = (await fileDescriptors([protoFile("a.proto", { nested: { M: { fields: {} } } })])).get("a.proto")!;
  // name = 1, message_type = 4 with its name = 1, syntax = 12
  assertEquals(bytes.toHex(), "0a07612e70726f746f" + "22030a014d" + "620670726f746f33");
});

Deno.test("fileDescriptors() encodes custom options, and extensions where they are declared", async () => {
  const files = await fileDescriptors([IMPORTS_OLD_PROTO]);
  const [old, news] = [files.get("old.proto")!, files.get("imports_old.proto")!];
  // options = 4 of the method, with 50001 twice.
  assertEquals(news.bytes.toHex().includes("2210" + "8ab51804" + "73686f70" + "8ab51804" + "62616e6b"), true);
  const extensions = [...old.extensions, ...news.extensions].map(({ extendee, number }) => `${extendee} ${number}`);
  assertEquals(extensions, [".dinokit.old.Old 100", ".google.protobuf.MethodOptions 50001"]);
  assertEquals([old, news].map(({ symbols }) => symbols.at(-1)), ["dinokit.old.extra", "dinokit.test.callers"]);
});

Deno.test("fileDescriptors() takes the only value of a repeated option, as protobufjs has it, for a list", async () => {
  const file = (targets: unknown) =>
    protoFile("a.proto", { nested: { M: { fields: { x: { type: "int32", id: 1, options: { targets } } } } } });
  const bytesOf = async (targets: unknown) => (await fileDescriptors([file(targets)])).get("a.proto")!.bytes.toHex();
  assertEquals(await bytesOf("TARGET_TYPE_FILE"), await bytesOf(["TARGET_TYPE_FILE"]));
});

Deno.test("fileDescriptors() gives another name to a second file of one name, unless it is the same", async () => {
  const one = protoFile("a.proto", { nested: { One: { fields: {} } } });
  const copy = protoFile("a.proto", { nested: { One: { fields: {} } } });
  const two = protoFile("a.proto", { nested: { Two: { fields: {} } } });
  const users = [protoFile("b.proto", {}, [two, copy]), protoFile("c.proto", {}, [one])];
  const files = await fileDescriptors([one, ...users, ECHO_PROTO]);
  assertEquals([...files].map(([name, { dependencies }]) => [name, dependencies]), [
    ["a.proto", []],
    ["2/a.proto", []],
    ["b.proto", ["2/a.proto", "a.proto"]],
    ["c.proto", ["a.proto"]],
    ["echo.proto", []],
  ]);
});

Deno.test("fileDescriptors() includes descriptor.proto with files that declare options, and marks proto2 files", async () => {
  const files = await fileDescriptors([IMPORTS_OLD_PROTO]);
  assertEquals([...files].map(([name, { dependencies }]) => [name, dependencies]), [
    ["old.proto", []],
    ["google/protobuf/descriptor.proto", []],
    ["imports_old.proto", ["old.proto", "google/protobuf/descriptor.proto"]],
  ]);
  // syntax = 12 is proto3, or is not there.
  const syntax = [...files.values()].map(({ bytes }) => bytes.toHex().endsWith("620670726f746f33"));
  assertEquals(syntax, [false, false, true]);
});
