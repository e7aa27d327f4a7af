import { fileURLToPath } from "node:url";
import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { needs } from "../../tests/needs.ts";
import { Failure } from "../output/failure.ts";
import { SchemaError, schemaFromFiles } from "./schema.ts";

// Schemas that servers tell are tested in tests/interop/schema_test.ts.

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const READ: Deno.PermissionDescriptor[] = [{ name: "read" }];
const odd = () => schemaFromFiles([`${ROOT}tests/proto/odd.proto`, `${ROOT}proto/echo.proto`]);

needs(READ, "a schema comes from .proto files and their imports", async () => {
  await using schema = odd();
  assertEquals(await schema.services(), ["OddService", "dinokit.test.Kinds", "echo.EchoService"]);
  for (const name of ["echo.EchoService/Echo", "/echo.EchoService/Echo", "echo.EchoService.Echo"]) {
    const { service, property, method } = await schema.findMethod(name);
    assertEquals([service.typeName, property, method.kind], ["echo.EchoService", "echo", "unary"]);
    assertEquals(method.request.encode(method.request.fromJson({ mes: "a" }) as never).toHex(), "0a0161");
  }
  assertEquals((await schema.findService("OddService")).methods.underScore?.response.typeName, "dinokit.test.Msg");
  assertEquals((await schema.findType(".Odd.In")).typeName, "Odd.In");
  assertEquals((await schema.findType("google.protobuf.Empty")).typeName, "google.protobuf.Empty");
});

needs(READ, "the end of a full name is no name", async () => {
  await using schema = odd();
  for (const name of ["EchoService/Echo", "test.Kinds/Unary", "dinokit.Kinds/Unary"]) {
    await assertRejects(() => schema.findMethod(name), SchemaError, "has no service");
  }
  for (const name of ["Req", "Req.mes", "EchoService.Echo"]) {
    await assertRejects(() => schema.describe(name), SchemaError, `has nothing called ${name}`);
    await assertRejects(() => schema.descriptor(name), SchemaError, `has nothing called ${name}`);
  }
  await assertRejects(() => schema.findType("Req"), SchemaError, "has no message Req");
});

needs(READ, "a schema from .proto files finds imports in the folders that it is given", async () => {
  await using schema = schemaFromFiles([`${ROOT}tests/conformance/proto/test_service.proto`], [
    `${ROOT}tests/conformance/proto`,
  ]);
  assertEquals((await schema.services()).includes("grpc.testing.TestService"), true);
  await using named = schemaFromFiles(["grpc/health/v1/health.proto"], [`${ROOT}proto`]);
  assertEquals(await named.services(), ["grpc.health.v1.Health"]);
  assertThrows(() => schemaFromFiles([`${ROOT}no/such.proto`]), Failure, "such.proto: no such file");
});

needs(READ, "describe() writes things as a .proto declares them, with full names", async () => {
  await using schema = odd();
  const described: Record<string, string> = {
    "OddService": "service OddService {\n  rpc under_score(Odd) returns (dinokit.test.Msg);\n}",
    "OddService.under_score": "rpc under_score(Odd) returns (dinokit.test.Msg);",
    "OddService/under_score": "rpc under_score(Odd) returns (dinokit.test.Msg);",
    "OddKind":
      "enum OddKind {\n  reserved 2, 4 to 6, 128 to max;\n  ODD_ZERO = 0;\n  ODD_HEX = 127 [deprecated = true];\n  ODD_LEAST = -2147483648;\n}",
    "ODD_HEX": "ODD_HEX = 127 [deprecated = true];",
    "Odd._c": "optional uint64 _c = 4 [deprecated = true];",
    "Odd.ABC_def": "bool ABC_def = 1;",
    "Odd.first": "oneof first {\n  int32 a = 5;\n  Odd.In b = 2;\n}",
    "Odd.In.Deeper.a_map": "map<string, Odd.In> a_map = 1;",
    "google.protobuf.Empty": "message Empty {}",
  };
  for (const [name, text] of Object.entries(described)) assertEquals(await schema.describe(name), text);
  assertEquals(
    await schema.describe("Odd.In"),
    "// A message that is declared between fields.\nmessage In {\n  option deprecated = true;\n  Odd.In.Deeper deeper = 1;\n  dinokit.test.Msg msg = 2;\n\n" +
      "  message Deeper {\n    map<string, Odd.In> a_map = 1;\n    map<int32, OddKind> _map2of_these__ = 2;\n  }\n}",
  );
});

needs(READ, "describe() shows the JSON name of a field if it differs from its name", async () => {
  await using schema = schemaFromFiles([`${ROOT}tests/proto/known.proto`]);
  assertEquals(await schema.describe("dinokit.known.Names.plain"), 'string plain = 1 [json_name = "other"];');
  assertEquals(await schema.describe("dinokit.known.Names.under__score_1"), "int32 under__score_1 = 2;");
});

needs(READ, "a schema reports an unknown name and suggests the nearest one", async () => {
  await using schema = schemaFromFiles([`${ROOT}proto/echo.proto`]);
  const label = `${ROOT}proto/echo.proto`;
  const cases: [() => Promise<unknown>, string][] = [
    [
      () => schema.findService("echo.EchoServic"),
      `${label} has no service echo.EchoServic; did you mean "echo.EchoService"?`,
    ],
    [
      () => schema.findMethod("echo.EchoService/Eco"),
      'no method echo.EchoService/Eco; did you mean "echo.EchoService/Echo"?',
    ],
    [() => schema.findMethod("Echo"), "Echo names no method; write it as package.Service/Method"],
    [() => schema.findMethod("x.Y/Echo"), `${label} has no service x.Y; it has echo.EchoService`],
    [() => schema.findType("echo.EchoService"), `${label} has no message echo.EchoService`],
    [() => schema.describe("echo.Rec"), `${label} has nothing called echo.Rec; did you mean "echo.Req"?`],
    [() => schema.describe("echo"), `${label} has nothing called echo`],
  ];
  for (const [find, text] of cases) await assertRejects(find, SchemaError, text);
});
