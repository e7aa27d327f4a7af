import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { AllowedAddresses } from "./allowed_addresses.ts";

Deno.test("AllowedAddresses accepts the addresses of its networks, IPv4 and IPv6, in any spelling", () => {
  const allowed = new AllowedAddresses(["10.0.0.0/8", "192.0.2.7/32", "2001:db8::/33"]);
  for (
    const host of [
      "10.0.0.0",
      "10.255.255.255",
      "192.0.2.7",
      "2001:db8::1",
      "2001:DB8:7fff::1",
      "::ffff:10.1.2.3",
      "0x0a.1",
      "167772161",
    ]
  ) {
    assertEquals(allowed.has(host), true, host);
  }
  for (
    const host of [
      "9.255.255.255",
      "11.0.0.0",
      "192.0.2.8",
      "2001:db8:8000::",
      "::1",
      "::ffff:11.0.0.1",
      "127.0.0.1",
      "1.10",
    ]
  ) {
    assertEquals(allowed.has(host), false, host);
  }
});

Deno.test("AllowedAddresses rejects host names if it has a list, as a name may resolve to any address", () => {
  assertEquals(new AllowedAddresses(["0.0.0.0/0", "::/0"]).has("host.example"), false);
  assertEquals(new AllowedAddresses().has("host.example"), true);
});

Deno.test("AllowedAddresses rejects link-local addresses and wildcards, even if a network contains them", () => {
  const all = new AllowedAddresses(["0.0.0.0/0", "::/0"]);
  assertEquals([all.has("192.0.2.7"), all.has("2001:db8::1")], [true, true]);
  for (const host of ["0.0.0.0", "::", "169.254.169.254", "fe80::1", "::ffff:169.254.0.1", "0", "host name", ""]) {
    assertEquals(all.has(host), false, host);
  }
});

Deno.test("AllowedAddresses rejects an invalid network, and names it", () => {
  for (
    const wrong of [
      "10.0.0.0",
      "10.0.0/8",
      "10.0.0.0/33",
      "::/129",
      "10.0.0.0/-1",
      "10.0.0.0/8/8",
      "10.0.0.0/",
      "host/8",
      "",
      7,
    ]
  ) {
    const { message } = assertThrows(() => new AllowedAddresses(["10.0.0.0/8", wrong as string]), TypeError);
    assertStringIncludes(
      message,
      `consul: allowAddresses has ${JSON.stringify(wrong)}; use networks such as "10.0.0.0/8"`,
    );
  }
});
