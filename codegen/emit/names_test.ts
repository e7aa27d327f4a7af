import { assertEquals, assertRejects } from "@std/assert";
import { needs } from "../../tests/needs.ts";

const NAMES = [
  "Service",
  "MessageType",
  "Unary",
  "Methods",
  "Record",
  "Map",
  "Uint8Array",
  "Array",
  "Promise",
  "Object",
];
const LOWER = [
  "keyof",
  "readonly",
  "unique",
  "infer",
  "pb",
  "protoFile",
  "messageType",
  "defineService",
  "string",
  "bigint",
  "class",
  "globalThis",
];

const PROTO = `syntax = "proto3";
package p;
import "other.proto";
import "google/protobuf/timestamp.proto";
${[...NAMES, ...LOWER].map((name) => `message ${name} {}`).join("\n")}
message ProtoFile {
  bytes data = 1;
  map<string, bytes> more = 2;
  Map map = 3;
  Service service = 4;
  string text = 5;
  class of = 6;
  q.Same far = 7;
  Same near = 8;
  q.Map other = 9;
  google.protobuf.Timestamp at = 10;
}
message Same {}
message NAMES_PROTO {}
message Outer { message Inner { int32 first = 1; } }
message Outer_Inner { int32 second = 1; }
message unique_ { int32 third = 1; }
message Alike {
  option deprecated_legacy_json_field_conflicts = true;
  int32 foo_bar = 1;
  int32 fooBar = 2;
  keyof key = 3;
  repeated readonly only = 4;
  map<string, infer> inferred = 5;
  oneof choice { unique one = 6; unique_ other = 7; }
  Outer.Inner inner = 8;
  Outer_Inner outer = 9;
  oneof to_string { int32 last = 10; }
  int32 toString_ = 11;
}
service S {
  rpc Call(Service) returns (stream string);
  rpc GetX(keyof) returns (unique_);
  rpc getX(keyof) returns (stream infer);
}
`;
const OTHER = `syntax = "proto3";\npackage q;\nmessage Same {}\nmessage Map { map<int32, bool> map = 1; }\n`;

const PROGRAM = `
import { Alike, keyof_, Outer_Inner, Outer_Inner_, ProtoFile, S, unique_, unique__ } from "./names.ts";
const file: ProtoFile = ProtoFile.decode(ProtoFile.encode({
  data: new Uint8Array([1]), more: new Map([["a", new Uint8Array([2])]]), text: "t", map: {}, far: {}, other: { map: new Map([[1, true]]) },
}));
const alike: Alike = Alike.decode(Alike.encode({
  fooBar: 1, fooBar_: 2, key: {} satisfies keyof_, only: [{}], inferred: new Map([["a", {}]]), choice: { case: "other", value: { third: 3 } },
  inner: { first: 4 }, outer: { second: 5 }, toString_: { case: "last", value: 6 }, toString__: 7,
}));
const [inner, outer]: [Outer_Inner?, Outer_Inner_?] = [alike.inner, alike.outer];
const other: unique__ | unique_ | undefined = alike.choice?.value;
console.log(alike.fooBar, alike.fooBar_, other, inner, outer, alike.toString_?.value, alike.toString__, unique_.typeName, unique__.typeName);
console.log(JSON.stringify(Object.entries(S.methods).map(([local, { path }]) => [local, path])));
console.log(file.data[0], file.more.get("a")?.[0], file.text, file.other?.map.get(1), S.methods.call.path);
`;

needs(
  [{ name: "read" }, { name: "write" }, { name: "run" }],
  "gen names the path of a bad file, and types called like the kit's or the language's own give code that compiles and runs",
  async () => {
    const folder = await Deno.makeTempDir({ prefix: "dinokit_names_" });
    const deno = async (...args: string[]) => {
      const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
        args,
        cwd: new URL("../..", import.meta.url),
        env: { NO_COLOR: "1" },
        stdin: "null",
      }).output();
      if (!success) throw new Error(new TextDecoder().decode(stderr));
      return new TextDecoder().decode(stdout);
    };
    try {
      Deno.writeTextFileSync(`${folder}/bad.proto`, `syntax = "proto3";\nmessage M {\n  Nope a = 1;\n}\n`);
      for (const [name, message] of [["bad", ":3:3: there is no type Nope"], ["no", ": no such file"]]) {
        const path = `${folder}/${name}.proto`;
        await assertRejects(() => deno("run", "-A", "cli/main.ts", "gen", path), Error, path + message);
      }
      Deno.writeTextFileSync(`${folder}/names.proto`, PROTO);
      Deno.writeTextFileSync(`${folder}/other.proto`, OTHER);
      Deno.writeTextFileSync(`${folder}/main.ts`, PROGRAM);
      await deno("run", "-A", "cli/main.ts", "gen", `${folder}/names.proto`, `${folder}/other.proto`);
      assertEquals((await deno("run", "--check", `${folder}/main.ts`)).split("\n"), [
        "1 2 { third: 3 } { first: 4 } { second: 5 } 6 7 p.unique p.unique_",
        '[["call","/p.S/Call"],["getX","/p.S/GetX"],["getX_","/p.S/getX"]]',
        "1 2 t true /p.S/Call",
        "",
      ]);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
);
