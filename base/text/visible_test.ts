import { assertEquals } from "@std/assert";
import { visible, visibleLines } from "./visible.ts";

const UNSEEN = [
  ...Array.from({ length: 0x20 }, (_, code) => code),
  ...Array.from({ length: 0x21 }, (_, i) => 0x7f + i),
  ...[0x61c, 0x200e, 0x200f, 0x202a, 0x202b, 0x202c, 0x202d, 0x202e, 0x2066, 0x2067, 0x2068, 0x2069, 0x2028, 0x2029],
  ...[0xd800, 0xdbff, 0xdc00, 0xdfff],
];

Deno.test("visible() escapes C0, DEL, C1, bidirectional controls, line ends of Unicode and lone surrogates", () => {
  for (const code of UNSEEN) {
    const escaped = `\\u${code.toString(16).padStart(4, "0")}`;
    assertEquals(visible(`a${String.fromCharCode(code)}b`), `a${escaped}b`);
  }
  assertEquals(visible("\x1b[2J\x9b31m\u202eevil\n"), "\\u001b[2J\\u009b31m\\u202eevil\\u000a");
});

Deno.test("visible() does not change any other character", () => {
  const text = "aÄ\\u001b ~\u00a0漢字👩‍👩‍👧 عربي";
  assertEquals(visible(text), text);
});

Deno.test("visible() keeps JSON valid, with the same parsed value", () => {
  const value = { "\x9b\u202e": String.fromCharCode(...UNSEEN.filter((code) => code < 0xd800)) };
  const json = visible(JSON.stringify(value));
  assertEquals(JSON.parse(json), value);
  assertEquals(visible(json), json);
});

Deno.test("visibleLines() keeps line ends and tabs", () => {
  assertEquals(visibleLines("a\n\tb\r\n\x1b\n"), "a\n\tb\\u000d\n\\u001b\n");
});
