import { assertEquals } from "@std/assert";
import { hasControl, utf8Length, withoutBlanks } from "./field_value.ts";

Deno.test("withoutBlanks() removes only leading and trailing spaces and tabs", () => {
  const cases = { "": "", " ": "", " \t ": "", "a": "a", " a": "a", "a\t": "a", "\t a b \t": "a b" };
  for (const [value, expected] of Object.entries(cases)) assertEquals(withoutBlanks(value), expected);
  // String.trim would remove these: the second octet of "à", an ideographic space, a byte order mark.
  for (const value of ["\xc3\xa0", "\u3000a\u3000", "\ufeffa", "a\n", "\0a"]) assertEquals(withoutBlanks(value), value);
});

Deno.test("hasControl() finds all ASCII control characters except TAB", () => {
  for (let code = 0; code < 0x100; code++) {
    const control = (code < 32 && code !== 9) || code === 127;
    assertEquals(hasControl(`a${String.fromCharCode(code)}b`), control, String(code));
  }
  assertEquals(hasControl("北京 😀"), false);
});

Deno.test("utf8Length() returns the number of octets of a text", () => {
  for (const text of ["", "abc", "é", "日本", "😀", "a é日😀z", "\x7f\x80\u07ff\u0800\uffff"]) {
    assertEquals(utf8Length(text), new TextEncoder().encode(text).length, text);
  }
});
