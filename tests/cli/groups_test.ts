import { assertEquals, assertStringIncludes } from "@std/assert";
import { fileDescriptorProto } from "../../codec/descriptor/descriptor_proto.ts";
import { createServer } from "../../mod.ts";
import { ServerReflection } from "../../proto/grpc/reflection/v1/reflection.ts";
import type { JsonValue } from "../../rpc/json.ts";
import { needs } from "../needs.ts";
import { CLI_PERMISSIONS, dinokit } from "./dinokit.ts";

/** A file whose message has a field that is no message of its own on the wire. */
const fileWith = (field: Record<string, JsonValue>, more: Record<string, JsonValue>): JsonValue => ({
  name: "a.proto",
  package: "p",
  messageType: [{
    name: "M",
    field: [{ name: "g", number: 1, label: "LABEL_OPTIONAL", typeName: ".p.M.G", ...field }],
    nestedType: [{ name: "G" }],
  }],
  service: [{ name: "S", method: [{ name: "Get", inputType: ".p.M", outputType: ".p.M" }] }],
  ...more,
});

const FILES: [what: string, file: JsonValue][] = [
  ["a group of proto2", fileWith({ type: "TYPE_GROUP" }, {})],
  [
    "a field of an edition that is delimited",
    fileWith(
      { type: "TYPE_MESSAGE", options: { features: { messageEncoding: "DELIMITED" } } },
      { syntax: "editions", edition: "EDITION_2023" },
    ),
  ],
];

for (const [what, file] of FILES) {
  needs(CLI_PERMISSIONS, `dinokit call names ${what}, which it can't write, and ends without a stack`, async () => {
    const type = await fileDescriptorProto();
    const bytes = type.encode(type.fromJson(file) as never);
    await using server = createServer({ name: "groups", address: "127.0.0.1:0" });
    server.add(ServerReflection, {
      async *serverReflectionInfo(requests) {
        for await (const _ of requests) {
          yield { messageResponse: { case: "fileDescriptorResponse", value: { fileDescriptorProto: [bytes] } } };
        }
      },
    });
    await server.start();
    const { code, stdout, stderr } = await dinokit(["call", server.address, "p.S/Get", "{}"]);
    const text = "p.M.g is a group, which is not supported; make it a field with a message";
    assertEquals([code, stdout], [1, ""]);
    assertStringIncludes(stderr.split("\n")[0]!, text);
    assertEquals(/^ +at /m.test(stderr), false, stderr);
  });
}

needs(CLI_PERMISSIONS, "dinokit call --proto rejects a group and names its line", async () => {
  const file = await Deno.makeTempFile({ suffix: ".proto" });
  Deno.writeTextFileSync(
    file,
    'syntax = "proto2";\nmessage M {\n  optional group G = 1 {}\n}\nservice S { rpc Get(M) returns (M); }\n',
  );
  const { code, stderr } = await dinokit(["call", "127.0.0.1:1", "S/Get", "{}", "--proto", file]);
  Deno.removeSync(file);
  const text = "3:12: groups are not supported; make G a message and a field of it\n";
  assertEquals([code, stderr.slice(stderr.indexOf(".proto:") + ".proto:".length)], [1, text]);
});
