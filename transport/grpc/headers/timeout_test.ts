import { assert, assertEquals } from "@std/assert";
import { formatTimeout, parseTimeout } from "./timeout.ts";

Deno.test("parseTimeout() reads every unit as milliseconds", () => {
  const cases = { "1H": 3_600_000, "2M": 120_000, "3S": 3000, "4m": 4, "5000u": 5, "6000000n": 6, "0m": 0 };
  for (const [text, milliseconds] of Object.entries(cases)) {
    assert(Math.abs(parseTimeout(text)! - milliseconds) < 1e-9, text);
  }
  assertEquals(parseTimeout("99999999H"), 99_999_999 * 3_600_000);
});

Deno.test("parseTimeout() rejects everything else", () => {
  for (
    const text of ["", "m", "1", "123456789m", "-1m", "+1m", "1.5S", " 1m", "1m ", "1s", "1h", "1mS", "0x1m", "١m"]
  ) {
    assertEquals(parseTimeout(text), undefined, JSON.stringify(text));
  }
});

Deno.test("formatTimeout() rounds up, never to 0, in at most eight digits", () => {
  assertEquals([-5, 0, 0.1, 1, 1.01, 99_999_999].map(formatTimeout), ["1m", "1m", "1m", "1m", "2m", "99999999m"]);
  assertEquals(formatTimeout(100_000_000), "100000S");
  assertEquals(formatTimeout(99_999_999_001), "27778H");
  assertEquals(formatTimeout(1e30), "99999999H");
  for (let milliseconds = 1; milliseconds < 3e14; milliseconds *= 1.7) {
    const read = parseTimeout(formatTimeout(milliseconds))!;
    assert(read >= milliseconds && read <= milliseconds * 1.04 + 1, `${milliseconds} became ${read}`);
  }
});
