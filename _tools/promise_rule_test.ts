import { assertEquals } from "@std/assert";
import plugin from "./promise_rule.ts";

/** How often the rule objects to a file with this text. */
const objections = (source: string, file = "client/a.ts"): number => Deno.lint.runPlugin(plugin, file, source).length;

Deno.test("promise rule: rejects a promise that is neither awaited nor has its rejection handled", () => {
  for (
    const source of [
      "void begin();",
      "void this.x.close().finally(f);",
      "closed.then(f);",
      "closed.finally(f);",
      "async function run() {} run();",
      "class A { async #run() {} start() { this.#run(); } }",
      "class A { start() { this.run(); } async run() {} }",
    ]
  ) assertEquals(objections(source), 1, source);
});

Deno.test("promise rule: accepts awaited and handled promises, other values, and files outside the library", () => {
  for (
    const source of [
      "await begin();",
      "void begin().catch(f);",
      "closed.then(f, g);",
      "closed.then(f).catch(g);",
      "function run() {} run();",
      "async function run() {} const running = run();",
      "const f = () => void socket.destroy();",
      "inBackground(what, logger, () => run());",
    ]
  ) assertEquals(objections(source), 0, source);
  for (const file of ["client/a_test.ts", "tests/a.ts", "bench/a.ts"]) {
    assertEquals(objections("void begin();", file), 0);
  }
});
