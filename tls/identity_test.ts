import { assertEquals, assertThrows } from "@std/assert";
import { extension, forge, names } from "../tests/tls/forge.ts";
import { identityOf } from "./identity.ts";

// Made by openssl: /O=org/CN=client, with the alternative names DNS:caller.test, DNS:b.test,
// URI:spiffe://test/ns/a/sa/caller, an IP address, an e-mail address, and a URI that looks like two names.
const CERTIFICATE = Uint8Array.fromBase64(
  "MIIB+TCCAZ+gAwIBAgIUYbEUDjafFEo4TbPAqLJRd259PNEwCgYIKoZIzj0EAwIwGTEXMBUGA1UEAwwOdGVzdCBhdXRob3JpdHkwHhcNMjYx" +
    "MTI0MjMzMTI5WhcNMjYxMTI1MjMzMTI5WjAfMQwwCgYDVQQKDANvcmcxDzANBgNVBAMMBmNsaWVudDBZMBMGByqGSM49AgEGCCqGSM49AwEH" +
    "A0IABFelSdHs+4ogXKX+ZjAi4K8eVliOwfdmfMHU636tkaDCyp0Bageq24esqCRlsHITQA7xx6c7nSc/MAoXBpM1p/qjgb4wgbswEwYDVR0l" +
    "BAwwCgYIKwYBBQUHAwIwZAYDVR0RBF0wW4ILY2FsbGVyLnRlc3SCBmIudGVzdIYcc3BpZmZlOi8vdGVzdC9ucy9hL3NhL2NhbGxlcoYZaHR0" +
    "cDovL3gvLCBETlM6YWRtaW4udGVzdIcECgAAAYEFYUBiLmMwHQYDVR0OBBYEFHEbZG774oJXfRUVSYt60Q3zN8GCMB8GA1UdIwQYMBaAFHxq" +
    "GsLgzOFaCBEFOLSN2hICWLolMAoGCCqGSM49BAMCA0gAMEUCIQCeEjyKPLSnrhoMUZ92y5FEwPSTYG0dbOOmEKy+8IWZrwIgEGQVNdQjiy5w" +
    "4VdqBPHCyUiPbwDVBT0+12ieG2ataJA=",
);

Deno.test("identityOf() reads the names, and a name that holds a comma stays one name", () => {
  assertEquals(identityOf(CERTIFICATE), {
    commonName: "client",
    dnsNames: ["caller.test", "b.test"],
    uris: ["spiffe://test/ns/a/sa/caller", "http://x/, DNS:admin.test"],
  });
});

Deno.test("identityOf() rejects octets that are not a complete certificate", () => {
  for (const length of [0, 1, 2, 100, CERTIFICATE.length - 1]) {
    assertThrows(() => identityOf(CERTIFICATE.subarray(0, length)), TypeError, "no certificate");
  }
});

Deno.test("identityOf() returns no name that could be mistaken for another", () => {
  const { der } = forge({
    name: "\ufeffadmin",
    extensions: [names("DNS:\ufeffadmin.test", "DNS:admin.test\0.evil.test", "URI:spiffe://a/x, URI:spiffe://a/admin")],
  });
  const { commonName, dnsNames, uris } = identityOf(der);
  assertEquals(commonName, "\ufeffadmin");
  assertEquals(dnsNames, ["\ufeffadmin.test", "admin.test\0.evil.test"]);
  assertEquals(uris, ["spiffe://a/x, URI:spiffe://a/admin"]);
});

Deno.test("identityOf() accepts certificates without names, and rejects damaged names", () => {
  assertEquals(identityOf(forge({ name: "" }).der), { commonName: "", dnsNames: [], uris: [] });
  const damaged = forge({ extensions: [extension("551d11", new Uint8Array([0x30, 5, 0x82, 9, 0x61, 0x62, 0x63]))] });
  assertThrows(() => identityOf(damaged.der), TypeError);
});
