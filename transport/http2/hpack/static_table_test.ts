import { assertEquals } from "@std/assert";
import { FIRST_DYNAMIC_INDEX, STATIC_NAMES, STATIC_VALUES } from "./static_table.ts";

Deno.test("the static table has the 61 entries of RFC 7541, appendix A, in their order", () => {
  assertEquals([STATIC_NAMES.length, STATIC_VALUES.length], [FIRST_DYNAMIC_INDEX, FIRST_DYNAMIC_INDEX]);
  const some: [number, string, string][] = [
    [1, ":authority", ""],
    [2, ":method", "GET"],
    [7, ":scheme", "https"],
    [14, ":status", "500"],
    [16, "accept-encoding", "gzip, deflate"],
    [31, "content-type", ""],
    [34, "etag", ""],
    [47, "max-forwards", ""],
    [61, "www-authenticate", ""],
  ];
  assertEquals(some.map(([index]) => [index, STATIC_NAMES[index], STATIC_VALUES[index]]), some);
});
