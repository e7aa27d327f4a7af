import { assertEquals } from "@std/assert";
import { namesIn } from "../codec/descriptor/declared.ts";
import { printProto } from "../codec/descriptor/print.ts";
import { readProtoFiles } from "./files.ts";

const MESSAGE = `// About M.
// Two lines.
message M {
  option deprecated = true;
  reserved 2, 5 to 7, 100 to max;
  reserved "old", "older";
  // behind it
  string a = 1;
  oneof o {
    // in a oneof
    bool c = 4;
  }

  enum E {
    option allow_alias = true;
    reserved 9;
    // zero
    Z = 0;
    Y = 1 [deprecated = true];
    YY = 1;
  }
}`;
const SERVICE = `/* What it is for. */
service S {
  option deprecated = true;
  // Gets.
  rpc Get(d.M) returns (d.M) {
    option deprecated = true;
    option idempotency_level = NO_SIDE_EFFECTS;
  }
  rpc Put(d.M) returns (d.M);
}`;

Deno.test("printProto() keeps comments, what is reserved, and options that say something to who calls", () => {
  const text = `syntax = "proto3";\npackage d;\n${MESSAGE}\n${SERVICE}\n`
    .replace("  // behind it\n  string a = 1;", "  string a = 1; // behind it");
  const file = readProtoFiles(["d.proto"], () => text).get("d.proto")!;
  assertEquals(printProto(file, "d.M"), MESSAGE);
  assertEquals(printProto(file, "d.S"), SERVICE.replace("/* What it is for. */", "// What it is for."));
  assertEquals(printProto(file, "d.M.Y"), "Y = 1 [deprecated = true];");
  assertEquals(namesIn(file), ["d.M", "d.M.E", "d.S", "d.S.Get", "d.S.Put"]);
});
