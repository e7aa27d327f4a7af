import { assertEquals } from "@std/assert";
import { violations } from "./check_imports.ts";

const texts = (file: string, source: string) => violations(file, source).map((one) => `${one.line}: ${one.text}`);

Deno.test("violations() lets what the rule allows pass", () => {
  assertEquals(texts("server/a.ts", `import { x } from "../rpc/x.ts";\nimport type { y } from "./y.ts";`), []);
  assertEquals(texts("codec/a.ts", `import { protobuf } from "../deps.ts";`), []);
  assertEquals(texts("rpc/a.ts", `import { AsyncLocalStorage } from "node:async_hooks";`), []);
});

Deno.test("violations() names an import against the direction", () => {
  assertEquals(texts("rpc/a.ts", `\nimport { x } from "../server/x.ts";`), [
    "1: rpc may not import server (server/x.ts)",
  ]);
  assertEquals(texts("server/a.ts", `import type { x } from "../client/x.ts";`), [
    "1: server may not import client (client/x.ts)",
  ]);
  assertEquals(texts("client/a.ts", `const x = await import("../server/x.ts");`), [
    "1: client may not import server (server/x.ts)",
  ]);
});

Deno.test("violations() names a package outside of its folder", () => {
  assertEquals(texts("server/a.ts", `import { x } from "npm:x@1";`).length, 1);
  assertEquals(texts("registry/a.ts", `import { protobuf } from "../deps.ts";`), [
    "1: registry may not see protobuf of deps.ts",
  ]);
  assertEquals(texts("transport/http2/a.ts", `import { loadGrpcJs } from "../../deps.ts";`).length, 1);
});

Deno.test("violations() passes over comments", () => {
  assertEquals(texts("rpc/a.ts", `/**\n * import { x } from "../mod.ts";\n */`), []);
});
