import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { needs } from "../tests/needs.ts";
import plugin from "./import_rule.ts";

/** What the rule says of a file with this text. */
function said(file: string, source: string): string[] {
  return Deno.lint.runPlugin(plugin, file, source).map((one) => one.message);
}

/** Asserts that the rule refuses each line by itself, and that its message holds `part`. */
function assertRefused(file: string, part: string, lines: string[]): void {
  for (const line of lines) {
    const messages = said(file, line);
    assertEquals(messages.length, 1, `${line}: ${messages}`);
    assertStringIncludes(messages[0]!, part);
  }
}

Deno.test("import rule: accepts imports in one direction", () => {
  assertEquals(said("server/a.ts", `import { x } from "../rpc/x.ts"; import type { y } from "./y.ts";`), []);
  assertEquals(said("codec/a.ts", `import { protobuf } from "../deps.ts";`), []);
  assertEquals(said("rpc/a.ts", `import { AsyncLocalStorage } from "node:async_hooks"; export { x };`), []);
  assertEquals(said("config/a.ts", `import { type A, type B } from "../transport/x.ts";`), []);
  assertEquals(said("proto/grpc/a.ts", `import { x } from "../../codec/mod.ts";`), []);
});

Deno.test("import rule: sees every form of import", () => {
  assertRefused("rpc/a.ts", "rpc/a.ts may not import server/x.ts: rpc may see base", [
    `import { x } from "../server/x.ts";`,
    `import type { x } from "../server/x.ts";`,
    `import * as x from "../server/x.ts";`,
    `import "../server/x.ts";`,
    `export { x } from "../server/x.ts";`,
    `export * from "../server/x.ts";`,
    `export type * from "../server/x.ts";`,
    `const x = await import("../server/x.ts");`,
    `type X = import("../server/x.ts").X;`,
    `type X = typeof import("../server/x.ts");`,
  ]);
});

Deno.test("import rule: server and client don't see each other, and config sees types of registry only", () => {
  assertRefused("server/a.ts", "may not import client/x.ts", [`import type { x } from "../client/x.ts";`]);
  assertRefused("client/a.ts", "may not import server/x.ts", [`const x = await import("../server/x.ts");`]);
  assertRefused("config/a.ts", "the types of registry", [
    `import { x } from "../registry/x.ts";`,
    `import { type A, x } from "../registry/x.ts";`,
  ]);
  assertRefused("server/a.ts", "no part of the library", [`import { x } from "../tests/needs.ts";`]);
});

Deno.test("import rule: in client/ imports go from call/ to instances/ to balancing/ only", () => {
  assertEquals(said("client/client.ts", `import { x } from "./call/x.ts"; import { y } from "./instances/y.ts";`), []);
  assertEquals(said("client/call/attempts/a.ts", `import { x } from "../../instances/x.ts";`), []);
  assertEquals(said("client/call/a.ts", `import { x } from "./attempts/x.ts";`), []);
  assertEquals(said("client/instances/a.ts", `import { x } from "../balancing/x.ts";`), []);
  assertRefused("client/balancing/a.ts", "client/balancing may see registry, policy", [
    `import type { x } from "../instances/x.ts";`,
    `import type { x } from "../call/x.ts";`,
    `import type { x } from "../client.ts";`,
  ]);
  assertRefused("client/instances/outliers/a.ts", "client/instances may see", [
    `import type { x } from "../../call/x.ts";`,
    `import type { x } from "../../options.ts";`,
  ]);
  assertRefused("client/call/attempts/a.ts", "client/call may see", [
    `import type { x } from "../../options.ts";`,
    `import type { x } from "../../balancing/x.ts";`,
  ]);
});

Deno.test("import rule: in cli/ the rooms that others use don't see the commands", () => {
  assertEquals(said("cli/commands/a.ts", `import { x } from "../schema/x.ts"; import { y } from "../new/y.ts";`), []);
  assertRefused("cli/output/a.ts", "cli/output may see base, mod.ts", [
    `import { x } from "../commands/x.ts";`,
    `import { x } from "../schema/x.ts";`,
  ]);
  assertRefused("cli/generate/a.ts", "cli/generate may see", [`import { x } from "../new/x.ts";`]);
});

Deno.test("import rule: in transport/http2/ imports go from the connection to readers/, sender.ts and state/ only", () => {
  const http2 = (file: string, ...targets: string[]) =>
    said(`transport/http2/${file}`, targets.map((target) => `import { x } from "${target}";`).join("\n"));
  assertEquals(http2("connection.ts", "./readers/x.ts", "./sender.ts", "./state/x.ts", "./protocol/x.ts"), []);
  assertEquals(http2("readers/a.ts", "../sender.ts", "../state/x.ts", "../hpack/x.ts"), []);
  assertEquals(http2("sender.ts", "./state/x.ts", "./protocol/x.ts", "./hpack/x.ts"), []);
  assertEquals(http2("state/a.ts", "./b.ts", "../protocol/x.ts", "../../../base/x.ts"), []);
  assertRefused("transport/http2/state/a.ts", "transport/http2/state may see base,", [
    `import type { x } from "../sender.ts";`,
    `import type { x } from "../readers/x.ts";`,
    `import type { x } from "../connection.ts";`,
    `import type { x } from "../../transport.ts";`,
  ]);
  assertRefused("transport/http2/sender.ts", "transport/http2/sender.ts may see", [
    `import type { x } from "./readers/x.ts";`,
    `import type { x } from "./connection.ts";`,
  ]);
  assertRefused("transport/http2/readers/a.ts", "transport/http2/readers may see", [
    `import type { x } from "../connection.ts";`,
    `import type { x } from "../../grpc/x.ts";`,
  ]);
  assertRefused("transport/http2/hpack/a.ts", "transport/http2/hpack may see base", [
    `import type { x } from "../protocol/x.ts";`,
  ]);
});

Deno.test("import rule: in transport/grpc/ imports go from connection/ to call/, headers/ and messages/ only", () => {
  assertEquals(said("transport/choose.ts", `const x = await import("./grpc/mod.ts");`), []);
  assertEquals(said("transport/grpc/connection/a.ts", `import { x } from "../../http2/connection.ts";`), []);
  assertEquals(said("transport/grpc/call/a.ts", `import { x } from "../headers/x.ts"; export { x };`), []);
  assertEquals(said("transport/grpc/messages/a.ts", `import type { x } from "../../http2/state/x.ts";`), []);
  assertRefused("transport/grpc/call/a.ts", "transport/grpc/call may see", [
    `import type { x } from "../connection/x.ts";`,
    `import type { x } from "../../http2/readers/x.ts";`,
    `import type { x } from "../../http2/sender.ts";`,
  ]);
  assertRefused("transport/grpc/messages/a.ts", "transport/grpc/messages may see", [
    `import type { x } from "../headers/x.ts";`,
    `import type { x } from "../sockets/x.ts";`,
  ]);
});

Deno.test("import rule: nothing below transport/ sees codec", () => {
  for (const file of ["transport/a.ts", "transport/grpc/a.ts", "transport/http2/a.ts", "transport/memory/a.ts"]) {
    assertRefused(file, "may not import codec/x.ts", [
      `import type { x } from "${"../".repeat(file.split("/").length - 1)}codec/x.ts";`,
    ]);
  }
});

Deno.test("import rule: packages come from deps.ts, each where it belongs", () => {
  assertRefused("server/a.ts", "packages come from deps.ts", [
    `import { x } from "npm:x@1";`,
    `import { x } from "jsr:@x/x";`,
    `import { x } from "https://x.test/x.ts";`,
    `import { x } from "@std/assert";`,
    "const x = await import(name);",
  ]);
  assertRefused("registry/a.ts", "only codec/, codegen/ may see it", [`import { protobuf } from "../deps.ts";`]);
  assertRefused("registry/a.ts", "registry/consul/http.ts may see it", [
    `import { loadConsul as x } from "../deps.ts";`,
  ]);
  assertRefused("transport/http2/a.ts", "may not import transport/grpc_js/deps.ts", [
    `import type { grpc } from "../grpc_js/deps.ts";`,
  ]);
  assertRefused("codec/a.ts", "may not import all of deps.ts", [
    `import * as deps from "../deps.ts";`,
    `export * from "../deps.ts";`,
    `const { protobuf } = await import("../deps.ts");`,
  ]);
});

Deno.test("import rule: ignores comments, strings, tests and files outside the library", () => {
  assertEquals(said("rpc/a.ts", `// import { x } from "../mod.ts";\nexport const x = 'import "npm:x"';`), []);
  assertEquals(said("rpc/a_test.ts", `import { x } from "../mod.ts";`), []);
  assertEquals(said("tests/a.ts", `import { x } from "npm:x@1";`), []);
});

needs([{ name: "read" }], "deno lint uses the rules", async () => {
  const { lint } = JSON.parse(await Deno.readTextFile(new URL("../deno.json", import.meta.url)));
  const names = [...Deno.readDirSync(new URL(".", import.meta.url))].map(({ name }) => name);
  const rules = names.filter((name) => name.endsWith("_rule.ts")).sort();
  assert(rules.length > 3);
  assertEquals(lint.plugins, rules.map((name) => `./_tools/${name}`));
});
