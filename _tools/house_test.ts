import { assertEquals } from "@std/assert";
import { circlesOf, problemsIn } from "./house.ts";

Deno.test("house: finds circles of imports, of types too, and nothing where there is none", () => {
  const files = new Map([
    ["a/a.ts", `import { b } from "../b.ts";`],
    ["b.ts", `export { c } from "./c.ts";\nimport "./d.ts";`],
    ["c.ts", `import type {\n  A,\n} from "./a/a.ts";`],
    ["d.ts", `import { x } from "npm:x";\nimport { b } from "./missing.ts";`],
  ]);
  assertEquals(circlesOf(files), [["a/a.ts", "b.ts", "c.ts"]]);
  files.set("c.ts", "");
  assertEquals(circlesOf(files), []);
});

Deno.test("house: a line may have 120 columns, and more only for a text that can't be broken", () => {
  const text = (columns: number) => "x".repeat(columns);
  assertEquals(problemsIn("a.ts", `// ${text(117)}`), []);
  assertEquals(problemsIn("a.ts", `// ${text(118)}`), ["a.ts:1: 121 columns; 120 are the limit"]);
  assertEquals(problemsIn("a.ts", `call("${text(200)}");`), []);
  assertEquals(problemsIn("a.ts", `call("${text(20)}", ${text(120)});`), ["a.ts:1: 151 columns; 120 are the limit"]);
  assertEquals(problemsIn("a.md", text(200)), []);
});

Deno.test("house: numeric constants end in their unit", () => {
  const said = (name: string, value = "1000") => problemsIn("a.ts", `export const ${name} = ${value};`).length;
  for (const name of ["PATIENCE", "LONGEST", "MAX_WAIT"]) assertEquals(said(name), 1, name);
  for (const name of ["WAIT_MS", "MAX_FRAME_BYTES", "MAX_FRAMES", "CALLS_PER_CHECK", "OK_RATIO"]) {
    assertEquals(said(name), 0, name);
  }
  assertEquals([said("TAB", "0x09"), said("LONGEST", "2 * 1024"), said("LONGEST", "DAY_MS * 2")], [0, 1, 1]);
});

Deno.test("house: phrases that have to be decoded are found in comments and documents, not in code", () => {
  assertEquals(problemsIn("a.ts", "/** Waits so many\n * milliseconds. */").length, 1);
  assertEquals(problemsIn("a.ts", "// Makes one.").length, 1);
  assertEquals(problemsIn("a.md", "The server is told so.").length, 1);
  assertEquals(problemsIn("a.ts", `const text = "is told";`), []);
});

Deno.test("house: tags of doc comments stand where deno doc and JSR show them", () => {
  const problems = (comment: string) => problemsIn("a.ts", comment).length;
  for (const comment of ["/** @default {5} */", "/**\n * A limit.\n * @default {5}\n */", "/** As in `@returns`. */"]) {
    assertEquals(problems(comment), 0, comment);
  }
  assertEquals(problemsIn("a.ts", "\n/** A limit. @default {5} */"), [
    "a.ts:2: @default in the middle of a line is not a tag; put it on its own line",
  ]);
  for (const value of ["{5}, but 6", "{{}}", "none", "{5} with a registry"]) {
    assertEquals(problems(`/**\n * A limit.\n * @default ${value}\n */`), 1, value);
  }
  assertEquals([problems("/** Waits. @returns When. */"), problems("/**\n * A.\n * B. @throws {Error} If.\n */")], [
    1,
    1,
  ]);
});
