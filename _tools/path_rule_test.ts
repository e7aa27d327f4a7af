import { assertEquals } from "@std/assert";
import plugin from "./path_rule.ts";

const isRefused = (code: string) => Deno.lint.runPlugin(plugin, "/x/y_test.ts", code).length > 0;

Deno.test("path rule: rejects the pathname of a file's URL", () => {
  const base = "import.meta.url";
  for (const url of [`new URL("..", ${base})`, 'new URL("conf/", ROOT)', "ROOT"]) {
    assertEquals(isRefused(`run({ cwd: ${url}.pathname });`), true, url);
  }
});

Deno.test("path rule: lets pass the pathname of a request, and fileURLToPath()", () => {
  for (const code of ["new URL(request.url).pathname", "url.pathname", 'fileURLToPath(new URL("..", ROOT))']) {
    assertEquals(isRefused(`use(${code});`), false, code);
  }
});
