import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { emitFile } from "./emit.ts";
import { loadProto } from "./load.ts";
import { ProtoProblem } from "./problem.ts";

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
  ["a number twice", { "a.proto": HEAD + "message M {\n  string a = 1;\n  string b = 1;\n}" }, "a.proto:"],
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
