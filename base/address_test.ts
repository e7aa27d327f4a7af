import { assertEquals, assertThrows } from "@std/assert";
import { formatAddress, parseAddress } from "./address.ts";

Deno.test("parseAddress() and formatAddress() are inverse", () => {
  for (const text of ["127.0.0.1:8888", "[::1]:0", "localhost:65535", "unix:/run/echo.sock", "memory:echo"]) {
    assertEquals(formatAddress(parseAddress(text, "address")), text);
  }
  assertEquals(formatAddress(parseAddress(":8888", "address")), "0.0.0.0:8888");
});

Deno.test("parseAddress() rejects invalid addresses, and names the option, the value and the allowed forms", () => {
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

Deno.test("parseAddress() explains why an address is invalid", () => {
  for (
    const [text, why] of [
      ["localhost", "has no port"],
      ["host:70000", "has no port from 0 to 65535"],
      ["unix:", "has no path"],
      ["a b:1", "is not an address"],
    ] as const
  ) {
    const error = assertThrows(() => parseAddress(text, "--addr"), TypeError);
    assertEquals(
      error.message,
      `--addr: "${text}" ${why}; use "host:port", "[ipv6]:port" or "unix:/path", for example "127.0.0.1:8888"`,
    );
  }
  assertThrows(() => parseAddress(undefined as unknown as string, "--addr"), TypeError, "--addr: ");
});

Deno.test("parseAddress() accepts IPv6 in brackets with a scope, and checks the range of the port", () => {
  assertEquals(parseAddress("[fe80::1%eth0]:1", "a"), { kind: "tcp", host: "fe80::1%eth0", port: 1 });
  assertEquals(parseAddress("h:65535", "a"), { kind: "tcp", host: "h", port: 65535 });
  assertThrows(() => parseAddress("h:65536", "a"), TypeError);
  assertThrows(() => parseAddress("::1:80", "a"), TypeError);
});
