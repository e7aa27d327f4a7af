import { assertEquals } from "@std/assert";
import { needs } from "../../tests/needs.ts";
import { emitFile } from "./emit.ts";
import { loadProto } from "../load/load.ts";

const PAGES = ["protos.md", "protos.zh-CN.md"].map((name) => new URL(`../../docs/book/${name}`, import.meta.url));

/** The rows of the table of names: what stands in a .proto, and the names that become of it. */
const rowsOf = (page: URL): [proto: string, names: string[]][] =>
  [...Deno.readTextFileSync(page).matchAll(/^\| `((?:message|enum|service) .*?)` +\| (`.*`) +\|$/gm)]
    .map(([, proto, names]) => [proto!, names!.split(", ").map((name) => name.slice(1, -1))]);

needs([{ name: "read" }], "names in TypeScript are what docs/book/protos.md says, in both languages", () => {
  const [english, chinese] = PAGES.map(rowsOf);
  assertEquals(english, chinese);
  assertEquals(english!.length, 9);
  for (const [proto, names] of english!) {
    const files = loadProto("a.proto", () => `syntax = "proto3";\n${proto}`);
    const text = emitFile("a.proto", files, { kit: "kit", specifier: (name) => name });
    const declared = [...text.matchAll(/^(?:export (?:interface|type|enum|const) )?(\w+)\b|case: "(\w+)"/gm)]
      .map(([, name, member]) => name ?? member);
    assertEquals(names.filter((name) => !declared.includes(name)), [], proto);
  }
});
