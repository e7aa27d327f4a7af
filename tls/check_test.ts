import { checkOptions } from "../base/options/check_options.ts";
import { section } from "../base/options/fields.ts";
import { CLIENT_TLS } from "./option_fields.ts";
import { assertEquals, assertThrows } from "@std/assert";
import { forge, makeKey, names } from "../tests/tls/forge.ts";
import { checkClientTls, checkServerTls } from "./check.ts";

const root = forge({ name: "root" });
const own = forge({ name: "own", issuer: root, extensions: [names("DNS:a.test")] });
const { pem: cert, key: { pkcs8: key } } = own;
const right = { cert: cert + root.pem, key, ca: root.pem };

Deno.test("checkServerTls() returns the texts of files unchanged", () => {
  assertEquals(checkServerTls("who", right), right);
  assertEquals(checkServerTls("who", { cert, key }), { cert, key });
});

Deno.test("checkServerTls() accepts any form of PEM, and returns one that TLS accepts", () => {
  const glued = (text: string) => text.replaceAll(/-----\n(?=-----)/g, "-----").trimEnd();
  const forms: Record<string, (text: string) => string> = {
    "glued without a newline": glued,
    "with CRLF": (text) => text.replaceAll("\n", "\r\n"),
    "in one line, as in a variable": (text) => text.replaceAll("\n", ""),
    "with blanks in place of newlines": (text) => text.replaceAll(/(?<!-)\n/g, " ").replaceAll("\n", " "),
    "indented, as in YAML": (text) => text.replaceAll(/^/gm, "  "),
    "with words around it": (text) =>
      `\ufeffsubject=own\n${text.replaceAll("-----BEGIN", "issuer=root\n-----BEGIN")}\nend`,
  };
  for (const [what, form] of Object.entries(forms)) {
    const given = { cert: form(right.cert), key: form(right.key), ca: form(right.ca + right.ca) };
    assertEquals(checkServerTls("who", given), { ...right, ca: right.ca + right.ca }, what);
  }
});

Deno.test("checkServerTls() accepts a certificate and its key in one file", () => {
  const both = key + right.cert;
  assertEquals(checkServerTls("who", { cert: both, key: both, ca: both }), { ...right, ca: right.cert });
  assertEquals(checkServerTls("who", { cert: right.cert + key, key: right.cert + key }), { cert: right.cert, key });
});

Deno.test("checkServerTls() accepts each kind of key", () => {
  for (const kind of ["p256", "p384", "p521", "rsa", "ed25519"] as const) {
    const made = makeKey(kind);
    const { pem } = forge({ key: made });
    assertEquals(checkServerTls("who", { cert: pem, key: made.pkcs8 }), { cert: pem, key: made.pkcs8 }, kind);
    assertThrows(() => checkServerTls("who", { cert: pem, key }), TypeError, "tls.key does not belong to tls.cert");
  }
});

Deno.test("a client's serverName is a DNS name or an IP address; others are rejected at once", () => {
  const options = (serverName: unknown) =>
    checkOptions("who", section({ tls: CLIENT_TLS as never }), { tls: { serverName } });
  for (const serverName of ["echo.example", "localhost", "my_service.consul", "10.0.0.5", "::1", "A.test."]) {
    assertEquals(options(serverName), { tls: { serverName } });
    assertEquals(checkClientTls("who", { serverName }), { serverName });
  }
  const long = "a".repeat(64);
  for (const serverName of ["", "https://a.test", "a.test:443", "[::1]", "*.a.test", "a b", "a..b", "a\0.b", long, 7]) {
    assertThrows(
      () => options(serverName),
      TypeError,
      `who: tls.serverName is ${JSON.stringify(serverName)}; use the DNS name or the IP address in the server's`,
    );
  }
});

Deno.test("checkClientTls() accepts all options, some or none, but no certificate without its key", () => {
  assertEquals(checkClientTls("who", {}), {});
  assertEquals(checkClientTls("who", right), right);
  for (const half of [{ cert }, { key }]) {
    assertThrows(() => checkClientTls("who", half), TypeError, "who: tls.cert and tls.key belong together");
  }
  assertThrows(() => checkClientTls("who", { ca: "ca.pem" }), TypeError, "who: tls.ca holds no certificate");
  const damaged = cert.replace(/M/g, "A");
  assertThrows(
    () => checkClientTls("who", { ca: root.pem + damaged }),
    TypeError,
    "tls.ca: certificate 2 of 2 is damaged",
  );
});
