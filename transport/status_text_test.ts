import { assert, assertEquals, assertMatch } from "@std/assert";
import { seeded } from "../tests/random.ts";
import { cutStatusText, decodeStatusText, encodeStatusText } from "./status_text.ts";

Deno.test("grpc-message round-trips any text", () => {
  const random = seeded(1);
  const alphabet = [" ", "%", "%2", "a", "\n", "\0", "é", "日", "😀", "\ufeff", "\x7f", "~", "%zz"];
  for (let i = 0; i < 5000; i++) {
    const text = Array.from({ length: random(6) }, () => alphabet[random(alphabet.length)]).join("");
    const encoded = encodeStatusText(text);
    assertMatch(encoded, /^(?:[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?)?$/);
    assertEquals(decodeStatusText(encoded), text);
  }
});

Deno.test("printable ASCII stays readable; percent, others and spaces at the ends are encoded", () => {
  assertEquals(encodeStatusText("no such user: 7 (~)"), "no such user: 7 (~)");
  assertEquals(encodeStatusText(" 100% é "), "%20100%25 %C3%A9%20");
});

Deno.test("invalid encoding stays as it is", () => {
  assertEquals(["100%", "%", "%4", "%zz", "%%41", "a%2"].map((value) => decodeStatusText(value)), [
    ...["100%", "%", "%4", "%zz", "%A", "a%2"],
  ]);
  assertEquals(decodeStatusText("%FF"), "\ufffd");
  assertEquals(decodeStatusText("\xc3\xa9"), "é");
});

Deno.test("cutStatusText() truncates a text that is too long when encoded, between characters, and marks it", () => {
  assertEquals(cutStatusText("short", 5), "short");
  assertEquals(cutStatusText("x".repeat(20_000), 8192), `${"x".repeat(8189)}...`);
  for (
    const text of ["x".repeat(5000), "é".repeat(5000), "日".repeat(5000), "😀".repeat(5000), "a%\n日😀".repeat(900)]
  ) {
    for (const octets of [100, 101, 102, 103, 104, 105, 106, 107, 108, 5000]) {
      const cut = cutStatusText(text, octets);
      const { length } = encodeStatusText(cut);
      assert(cut === text || cut.endsWith("...") && text.startsWith(cut.slice(0, -3)));
      assert(cut.isWellFormed() && length <= octets && length > octets - 13, `${length} of ${octets}`);
    }
  }
});
