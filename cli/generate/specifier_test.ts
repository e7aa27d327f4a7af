import { assertEquals } from "@std/assert";
import { kitSpecifier, specifier } from "./specifier.ts";

Deno.test("an import specifier resolves to its file, for any file name", () => {
  assertEquals(specifier("/a/b/x.ts", "/a/b/y.ts"), "./y.ts");
  assertEquals(specifier("/a/b/x.ts", "/a/y.ts"), "../y.ts");
  for (const to of ["/a b/y.ts", "/a/100%/y.ts", "/a/what?/#1/y.ts", "/a/\u00e9/y.ts"]) {
    const url = new URL(specifier("/a/b c/x.ts", to), "file:///a/b%20c/x.ts");
    assertEquals(decodeURIComponent(url.pathname), to);
    assertEquals(kitSpecifier("/a/b c/x.ts", url), specifier("/a/b c/x.ts", to));
  }
  const remote = new URL("https://example.com/mod.ts");
  assertEquals(kitSpecifier("x.ts", remote), remote.href);
});
