import { assertEquals, assertMatch } from "@std/assert";
import { seeded } from "../../tests/random.ts";
import { decodeStatusText, encodeStatusText } from "./status_text.ts";

Deno.test("any text comes back from grpc-message, whatever it begins with", () => {
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

Deno.test("what is no valid encoding stays as it is", () => {
  assertEquals(["100%", "%", "%4", "%zz", "%%41", "a%2"].map(decodeStatusText), [
    ...["100%", "%", "%4", "%zz", "%A", "a%2"],
  ]);
  assertEquals(decodeStatusText("%FF"), "\ufffd");
  assertEquals(decodeStatusText("\xc3\xa9"), "é");
});
