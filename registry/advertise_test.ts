import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { parseAddress } from "../base/address.ts";
import { needs } from "../tests/needs.ts";
import { advertisedAddress, advertisePermissions } from "./advertise.ts";

const at = (text: string) => parseAddress(text, "listen");

const INTERFACES = [
  ["lo", "127.0.0.1"],
  ["lo", "::1"],
  ["eth0", "fe80::1"],
  ["eth0", "2001:db8::7"],
  ["wlan0", "169.254.1.1"],
  ["eth0", "192.0.2.7"],
  ["eth1", "198.51.100.1"],
].map(([name, address]) =>
  ({ name, address, family: address!.includes(":") ? "IPv6" : "IPv4" }) as Deno.NetworkInterfaceInfo
);

Deno.test("advertisedAddress() leaves an address that others can reach as it is", () => {
  for (const text of ["127.0.0.1:8888", "localhost:1", "[2001:db8::7]:1", "unix:/run/echo.sock", "memory:echo"]) {
    assertEquals(advertisedAddress(at(text)), { address: text });
    assertEquals(advertisePermissions(at(text)), []);
  }
});

Deno.test("advertisedAddress() replaces a wildcard with the first IPv4 address beyond loopback and link-local, and logs it", () => {
  for (const text of ["0.0.0.0:8888", ":8888", "[::]:8888", "[0:0:0:0:0:0:0:0]:8888"]) {
    const { address, note } = advertisedAddress(at(text), undefined, () => INTERFACES);
    assertEquals(address, "192.0.2.7:8888");
    assertStringIncludes(note!, "192.0.2.7:8888 is registered instead: the address of eth0; set advertise");
    assertEquals(advertisePermissions(at(text)), [{ name: "sys", kind: "networkInterfaces" }]);
  }
});

Deno.test("advertisedAddress() takes IPv6 where there is no IPv4, and loopback where there is nothing else", () => {
  const without4 = () => INTERFACES.filter((one) => one.family === "IPv6");
  assertEquals(advertisedAddress(at("[::]:1"), undefined, without4).address, "[2001:db8::7]:1");
  const { address, note } = advertisedAddress(at(":1"), undefined, () => INTERFACES.slice(0, 2));
  assertEquals(address, "127.0.0.1:1");
  assertStringIncludes(note!, "only this machine reaches");
});

Deno.test("advertisedAddress() prefers the configured address, with the real port for port 0", () => {
  assertEquals(advertisedAddress(at("0.0.0.0:8888"), "example.net:1"), { address: "example.net:1" });
  assertEquals(advertisedAddress(at("0.0.0.0:8888"), "192.0.2.9:0"), { address: "192.0.2.9:8888" });
  assertEquals(advertisedAddress(at("unix:/run/echo.sock"), "192.0.2.9:1"), { address: "192.0.2.9:1" });
  assertEquals(advertisePermissions(at("0.0.0.0:8888"), "example.net:1"), []);
});

Deno.test("advertisedAddress() rejects an unreachable advertised address", () => {
  const refused = (advertise: string, listen = "0.0.0.0:8888") =>
    assertThrows(() => advertisedAddress(at(listen), advertise), TypeError).message;
  assertStringIncludes(refused("0.0.0.0:8888"), `advertise: "0.0.0.0:8888" is a wildcard`);
  assertStringIncludes(refused("[::]:8888"), "is a wildcard");
  assertStringIncludes(refused("192.0.2.9"), `advertise: "192.0.2.9" has no port`);
  assertStringIncludes(refused("192.0.2.9:0", "unix:/run/echo.sock"), "has port 0");
});

Deno.test({
  name: "advertisedAddress() names the missing permission and the way around it",
  permissions: { sys: false },
  fn() {
    const error = assertThrows(() => advertisedAddress(at("0.0.0.0:1")), Deno.errors.NotCapable);
    assertStringIncludes(error.message, "set advertise, or grant --allow-sys=networkInterfaces");
  },
});

needs([{ name: "sys", kind: "networkInterfaces" }], "advertisedAddress() finds an address of this machine", () => {
  const { address } = advertisedAddress(at("0.0.0.0:4321"));
  const hosts = Deno.networkInterfaces().map((one) => one.address);
  assertEquals(hosts.some((host) => `${host}:4321` === address || `[${host}]:4321` === address), true, address);
});
