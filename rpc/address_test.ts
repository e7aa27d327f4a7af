import { assertEquals, assertThrows } from "@std/assert";
import { formatAddress, parseAddress } from "./address.ts";

Deno.test("parseAddress() and formatAddress() are inverse", () => {
  for (const text of ["127.0.0.1:8888", "[::1]:0", "localhost:65535", "unix:/run/echo.sock", "memory:echo"]) {
    assertEquals(formatAddress(parseAddress(text, "address")), text);
  }
  assertEquals(formatAddress(parseAddress(":8888", "address")), "0.0.0.0:8888");
});

Deno.test("parseAddress() refuses what is no address, and names option, value and form", () => {
  for (
    const text of [
      "",
      "abc",
      "127.0.0.1",
      "host:",
      "host:70000",
      "host:-1",
      "host:1x",
      "a:b:1",
      "http://a:1",
      "unix:",
      "a b:1",
    ]
  ) {
    assertThrows(() => parseAddress(text, "createServer: address"), TypeError, "createServer: address: ");
  }
});
