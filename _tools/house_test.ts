import { assertEquals } from "@std/assert";
import { circleProblems, circlesOf, problemsIn } from "./house.ts";

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

Deno.test("house: an allowed circle of imports may neither grow nor shrink", () => {
  const allowed = ["a.ts, b.ts"];
  assertEquals(circleProblems(["a.ts, b.ts"], allowed), []);
  assertEquals(circleProblems(["a.ts, b.ts, c.ts"], allowed), [
    "a circle of imports: a.ts, b.ts, c.ts",
    "_tools/house.ts: a.ts, b.ts is no whole circle any more; take it off the list",
  ]);
  assertEquals(circleProblems([], allowed).length, 1);
});

Deno.test("house: variables and parameters are not called one, what or way", () => {
  for (
    const line of [
      "const one = 1;",
      "let what: string;",
      "for (const way of ways) {",
      "for (const [name, one] of list) {",
      "const { what } = options;",
      "list.map((one) => one.name);",
      "list.map(([name, one]) => name);",
      "list.sort((one, other) => 1);",
      "function say({ who }: Options, what: string): void {",
      "  spend(way?: string): void {",
      "  add(ways: string[], way: string): void {",
      "  what: string,",
      "const isField = (one: unknown): one is Field => true;",
    ]
  ) {
    const [, name] = /(one|what|way)\b/.exec(line)!;
    assertEquals(problemsIn("a.ts", line), [`a.ts:1: rename ${name} to what it holds`], line);
    for (const path of ["codec/a.ts", "tests/a.ts", "a_test.ts"]) assertEquals(problemsIn(path, line), [], path);
  }
  for (
    const line of [
      "// The other (one) => this.",
      "call({ one: 1, what: 2 });",
      "const { what: subject } = options;",
      "  readonly what: string;",
      "  readonly flags: readonly (readonly [flag: string, what: string])[];",
      "const oneOf = someone(is.what);",
      "return `one ${two}`;",
    ]
  ) assertEquals(problemsIn("a.ts", line), [], line);
});

Deno.test("house: a line may have 120 columns, and more only for a text that can't be broken", () => {
  const text = (columns: number) => "x".repeat(columns);
  assertEquals(problemsIn("a.ts", `// ${text(117)}`), []);
  assertEquals(problemsIn("a.ts", `// ${text(118)}`), ["a.ts:1: 121 columns; 120 are the limit"]);
  assertEquals(problemsIn("a.ts", `// \`a\` ${text(20)} "b ${text(100)}"`).length, 1);
  assertEquals(problemsIn("a.ts", ` * See https://${text(200)}`), []);
  assertEquals(problemsIn("a.ts", ` * import { a } from "npm:${text(200)}";`), []);
  assertEquals(problemsIn("a.ts", `call("${text(200)}");`), []);
  assertEquals(problemsIn("a.ts", `call("${text(20)}", ${text(120)});`), ["a.ts:1: 151 columns; 120 are the limit"]);
  assertEquals(problemsIn("a.md", text(200)), []);
});

Deno.test("house: numeric constants end in their unit", () => {
  const said = (name: string, value = "1000") => problemsIn("a.ts", `export const ${name} = ${value};`).length;
  for (const name of ["PATIENCE", "LONGEST", "MAX_WAIT", "LIMIT"]) assertEquals(said(name), 1, name);
  for (const name of ["WAIT_MS", "MAX_FRAME_BYTES", "MAX_FRAMES", "CALLS_PER_CHECK", "OK_RATIO", "MAX_LIMIT"]) {
    assertEquals(said(name), 0, name);
  }
  assertEquals([said("TAB", "0x09"), said("LONGEST", "2 * 1024"), said("LONGEST", "DAY_MS * 2")], [0, 1, 1]);
  assertEquals([said("LONGEST", "315_576_000_000n"), said("FROZEN", "LONG ? 15_000 : 7000")], [1, 1]);
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
