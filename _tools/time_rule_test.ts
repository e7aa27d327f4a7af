import { assertEquals, assertStringIncludes } from "@std/assert";
import plugin from "./time_rule.ts";

/** What the rule says of a file with this text. */
const said = (file: string, source: string): string[] =>
  Deno.lint.runPlugin(plugin, file, source).map(({ message }) => message);

Deno.test("time rule: rejects raw timers and times of day in the library, and suggests a replacement", () => {
  for (
    const [source, instead] of [
      ["setTimeout(f, ms);", "after()"],
      ["globalThis.setTimeout(f, ms);", "after()"],
      ["setInterval(f, ms);", "every()"],
      ["AbortSignal.timeout(ms);", "abortsAfter()"],
      ["const now = Date.now();", "performance.now()"],
      ["const now = new Date();", "timeOfDay()"],
      [`import { setTimeout } from "node:timers/promises";`, "after()"],
    ] as const
  ) {
    for (const file of ["rpc/a.ts", "transport/grpc/a.ts", "cli/a.ts", "testing/a.ts"]) {
      const messages = said(file, source);
      assertEquals(messages.length, 1, `${file}: ${source}`);
      assertStringIncludes(messages[0]!, `${file} may not use`);
      assertStringIncludes(messages[0]!, instead);
    }
  }
});

Deno.test("time rule: accepts calls that are not timers, and files outside the library", () => {
  const fine = `performance.now(); new Date(time); socket.setTimeout(0); clearTimeout(timer); Date.parse(text);
import { setImmediate } from "node:timers";`;
  assertEquals(said("client/a.ts", fine), []);
  for (const file of ["base/time.ts", "testing/clock.ts", "client/a_test.ts", "tests/a.ts", "cli/new/template/a.ts"]) {
    assertEquals(said(file, "setTimeout(f, ms); Date.now();"), []);
  }
});
