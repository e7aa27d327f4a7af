import { assert, assertEquals, assertThrows } from "@std/assert";
import { mutate, seeded } from "../tests/random.ts";
import { authority, extendedUsage, forge, nameConstraints, names, pemOf } from "../tests/tls/forge.ts";
import { parseCertificate } from "./certificate.ts";
import { chainProblem } from "./chain.ts";
import { identityOf } from "./identity.ts";
import { certificatesIn } from "./pem.ts";

const root = forge({ name: "root", extensions: [authority(), nameConstraints({ excluded: ["DNS:b.test"] })] });
const own = forge({ issuer: root, extensions: [names("DNS:a.test", "URI:spiffe://a/b"), extendedUsage("client")] });

Deno.test("parseCertificate() reads all fields", () => {
  const from = Date.UTC(2026, 0, 31, 23, 59, 58);
  const read = parseCertificate(forge({ from, until: Date.UTC(2050, 1, 28, 1, 2, 3), version: 2 }).der);
  assertEquals([read.version, read.notBefore, read.notAfter], [2, from, Date.UTC(2050, 1, 28, 1, 2, 3)]);
  assertEquals(parseCertificate(forge({ version: 1 }).der).version, 1);
  assertEquals(parseCertificate(own.der).extensions.size, 2);
  assertEquals(parseCertificate(forge({ from: Date.UTC(1950, 0) }).der).notBefore, Date.UTC(1950, 0));
});

Deno.test("randomly changed certificates are read or rejected with a TypeError, and accepted only if they are unchanged", () => {
  const random = seeded(20261129);
  const authorities = [parseCertificate(root.der)];
  let refused = 0;
  for (let i = 0; i < 800; i++) {
    const changed = mutate(own.der, random);
    if (changed.toHex() === own.der.toHex()) continue;
    try {
      parseCertificate(changed);
      identityOf(changed);
    } catch (error) {
      assert(error instanceof TypeError, String(error));
      refused++;
    }
    assert(chainProblem([changed], authorities, "client") !== undefined);
    assertEquals(chainProblem([own.der, changed], authorities, "client") === undefined, canBeRead(changed));
  }
  assert(refused > 300 && refused < 800, `${refused}`);
});

function canBeRead(bytes: Uint8Array): boolean {
  try {
    parseCertificate(bytes);
    return true;
  } catch {
    return false;
  }
}

Deno.test("certificatesIn() reports which certificate of a text is damaged", () => {
  assertEquals(certificatesIn("").length, 0);
  assertEquals(certificatesIn(root.pem + own.pem).map(({ der }) => pemOf(der)), [root.pem, own.pem]);
  const damaged = pemOf(own.der.subarray(0, 100));
  assertThrows(() => certificatesIn(root.pem + damaged), TypeError, "certificate 2 of 2 is damaged");
});
