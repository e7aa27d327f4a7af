import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { emitFile } from "./emit.ts";
import { loadProto } from "./load.ts";
import { ProtoProblem } from "./problem.ts";

const X = "message X {\n  string a_b = 1;\n}\n";
const HEAD = `syntax = "proto3";\npackage p;\n`;

function generate(files: Record<string, string>): string {
  const loaded = loadProto("a.proto", (name) => files[name]);
  return emitFile("a.proto", loaded, { kit: "kit", specifier: (proto) => `./${proto}.ts` });
}

const BAD: [what: string, files: Record<string, string>, message: string][] = [
  ["a syntax error", { "a.proto": HEAD + "message M {\n  string a 1;\n}" }, "a.proto:4: "],
  ["a missing import", { "a.proto": HEAD + `import "no.proto";` }, `a.proto:3: import "no.proto": no such file`],
  ["an import of itself", { "a.proto": HEAD + `import "a.proto";` }, "a.proto:3: the file imports itself"],
  [
    "a circle of imports",
    { "a.proto": HEAD + `import "b.proto";`, "b.proto": HEAD + `import "a.proto";` },
    "b.proto:3: the imports form a circle: a.proto -> b.proto -> a.proto",
  ],
  [
    "an enum without zero",
    { "a.proto": HEAD + "enum E {\n  A = 1;\n}" },
    "a.proto:3: the first value of enum E must be 0",
  ],
  ["number 0", { "a.proto": HEAD + "message M {\n  string a = 0;\n}" }, "a.proto:4: "],
  ["a reserved number", { "a.proto": HEAD + "message M {\n  reserved 5 to 7;\n  string a = 6;\n}" }, "a.proto:"],
  ["a reserved name", { "a.proto": HEAD + `message M {\n  reserved "a";\n  string a = 6;\n}` }, "a.proto:"],
  ["no file at all", {}, "a.proto:1: no such file"],
  ["a number twice", { "a.proto": HEAD + X + "message M {\n  string a = 1;\n  string b = 1;\n}" }, "a.proto:8: "],
  [
    "a name twice",
    { "a.proto": HEAD + X + "message M {\n  bool a_b = 1;\n  // a_b =\n  bool aB = 2;\n}" },
    "a.proto:9: ",
  ],
  ["a message twice", { "a.proto": HEAD + "message M {}\nmessage M {}" }, "a.proto:4: "],
  [
    "a method twice",
    { "a.proto": HEAD + "message M {}\nservice S {\n  rpc A(M) returns (M);\n  rpc A(M) returns (M);\n}" },
    "a.proto:6: ",
  ],
  [
    "an unknown type of a method",
    { "a.proto": HEAD + "// Nope\nmessage M {}\nservice S {\n  rpc A(Nope) returns (M);\n}" },
    "a.proto:6: there is no type Nope; declare it",
  ],
  ["an unknown type", { "a.proto": HEAD + "message M {\n  Nope a = 1;\n}" }, "a.proto:4: there is no type Nope"],
  ["proto2", { "a.proto": `syntax = "proto2";\nmessage M {}` }, "a.proto:1: only proto3 is supported"],
  [
    "two types of one name in TypeScript",
    { "a.proto": HEAD + "message A { message B {} }\nmessage A_B {}" },
    "a.proto:",
  ],
];

for (const [what, files, message] of BAD) {
  Deno.test(`loadProto() and emitFile() refuse ${what}, with file and line`, () => {
    const error = assertThrows(() => generate(files), ProtoProblem) as Error;
    assertStringIncludes(error.message, message);
  });
}

Deno.test("emitFile() gives the same text for the same input", () => {
  const files = { "a.proto": HEAD + "message M { string a = 1; }\nservice S { rpc Then(M) returns (stream M); }" };
  assertEquals(generate(files), generate(files));
  assertStringIncludes(generate(files), "then_: ServerStreaming<M, M>");
});

Deno.test("emitFile() carries comments over, and none can end a doc comment", () => {
  const text = generate({ "a.proto": HEAD + "// Ends */ here.\nmessage M {\n  // The a.\n  string a = 1;\n}" });
  assertStringIncludes(text, "/** Ends *\\/ here. */");
  assertStringIncludes(text, "/** The a. */\na: string;");
});

Deno.test("emitFile() keeps public imports, and the names of oneofs, for descriptors", () => {
  const text = generate({
    "a.proto": HEAD +
      `// import public "c.proto";\nimport public "b.proto";\nimport "c.proto";\nimport "google/protobuf/any.proto";\n` +
      "message M { oneof the_one { B b = 1; C c = 2; } oneof other { google.protobuf.Any d = 3; } optional bool e_f = 4; }",
    "b.proto": HEAD + "message B {}",
    "c.proto": HEAD + "message C {}",
  });
  assertStringIncludes(text, `protoFile("a.proto", {`);
  assertStringIncludes(text, ", [B_PROTO, C_PROTO, pb.ANY_PROTO], [B_PROTO]);");
  assertStringIncludes(text, `"theOne":{"options":{"proto_name":"the_one"},"oneof":["b","c"]},"other":{"oneof":["d"]}`);
});
