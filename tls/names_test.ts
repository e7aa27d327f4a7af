import { assertEquals } from "@std/assert";
import { forge, names } from "../tests/tls/forge.ts";
import { parseCertificate } from "./certificate.ts";
import { isFor, namesOf } from "./names.ts";

const certificate = (...list: string[]) =>
  parseCertificate(forge({ name: "common.test", extensions: list.length > 0 ? [names(...list)] : [] }).der);

Deno.test("isFor() compares DNS names case-insensitively, and a star matches one label", () => {
  const cases: [name: string, host: string, expected: boolean][] = [
    ["a.test", "a.test", true],
    ["a.test", "A.Test.", true],
    ["A.TEST", "a.test", true],
    ["a.test", "b.test", false],
    ["a.test", "x.a.test", false],
    ["x.a.test", "a.test", false],
    ["*.a.test", "x.a.test", true],
    ["*.a.test", "a.test", false],
    ["*.a.test", "x.y.a.test", false],
    ["x*.a.test", "xy.a.test", false],
    ["*", "a", false],
    ["*.test", "a.test", false],
    ["*.*.test", "a.b.test", false],
    ["localhost", "localhost", true],
    ["my_service.test", "my_service.test", true],
    ["a.test\0.b.test", "a.test", false],
    ["a.test.", "a.test", false],
    ["", "a.test", false],
    ["10.0.0.1", "10.0.0.1", false],
    [`${"a.".repeat(200)}test`, `${"a.".repeat(200)}test`, false],
  ];
  for (const [name, host, expected] of cases) {
    assertEquals(isFor(certificate(`DNS:${name}`), host), expected, `${name} for ${host}`);
  }
});

Deno.test("isFor() compares IP addresses by their octets, in any spelling", () => {
  const loopback = `IP:${"00".repeat(15)}01`;
  const cases: [name: string, host: string, expected: boolean][] = [
    ["IP:0a000005", "10.0.0.5", true],
    ["IP:0a000005", "10.0.0.6", false],
    ["IP:0a000005", "::ffff:10.0.0.5", false],
    [loopback, "::1", true],
    [loopback, "0:0:0:0:0:0:0:1", true],
    [loopback, "0.0.0.1", false],
    ["IP:fe800000000000000000000000000001", "fe80::1%eth0", true],
    ["IP:20010db8000000000000000000000000", "2001:DB8::", true],
    ["IP:0a0000", "10.0.0.0", false],
    ["DNS:10.0.0.5", "10.0.0.5", false],
  ];
  for (const [name, host, expected] of cases) {
    assertEquals(isFor(certificate(name), host), expected, `${name} for ${host}`);
  }
});

Deno.test("isFor() ignores the common name and names of other kinds", () => {
  assertEquals(isFor(certificate(), "common.test"), false);
  for (const other of ["URI:a.test", "URI:http://x/, DNS:a.test", "email:a.test", "dir:a.test"]) {
    assertEquals(isFor(certificate(other), "a.test"), false, other);
  }
});

Deno.test("namesOf() returns the names of a certificate, and nothing else", () => {
  const all = certificate("DNS:A.test", "IP:0a000005", `IP:${"0".repeat(31)}1`, "URI:x", "DNS:a\x1b[31m", "IP:00");
  assertEquals(namesOf(all), ["a.test", "10.0.0.5", "::1", "a name that is none", "an address that is none"]);
});
