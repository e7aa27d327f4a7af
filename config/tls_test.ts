import { assertEquals, assertRejects } from "@std/assert";
import { needs } from "../tests/needs.ts";
import { readTls } from "./tls.ts";

const FILES: Deno.PermissionDescriptor[] = [{ name: "read" }, { name: "write" }];

const pem = (what: string) => `-----BEGIN ${what}-----\nAA==\n-----END ${what}-----\n`;

Deno.test("readTls() reads nothing if there is no section", async () => {
  assertEquals(await readTls(undefined), undefined);
});

Deno.test({
  name: "readTls() names the section, the paths and the flags if it may not read",
  ignore: Deno.permissions.querySync({ name: "read", path: "certs/a.pem" }).state === "granted",
  fn: async () => {
    await assertRejects(
      () => readTls({ certFile: "certs/a.pem", keyFile: "certs/b.pem" }),
      Deno.errors.NotCapable,
      "dinokit.tls needs permissions that this process does not have: read certs/a.pem; read certs/b.pem\n",
    );
  },
});

needs(FILES, "readTls() reads the files, and rejects unexpected content", async () => {
  const dir = await Deno.makeTempDir();
  try {
    const [certFile, keyFile, caFile] = ["cert.pem", "key.pem", "ca.pem"].map((name) => `${dir}/${name}`) as [
      string,
      string,
      string,
    ];
    await Deno.writeTextFile(certFile, pem("CERTIFICATE"));
    await Deno.writeTextFile(caFile, pem("CERTIFICATE"));
    for (const kind of ["PRIVATE KEY", "RSA PRIVATE KEY", "EC PRIVATE KEY"]) {
      await Deno.writeTextFile(keyFile, pem(kind));
      assertEquals(await readTls({ certFile, keyFile }), { cert: pem("CERTIFICATE"), key: pem(kind) });
    }
    assertEquals((await readTls({ certFile, keyFile, caFile }))?.ca, pem("CERTIFICATE"));

    await assertRejects(
      () => readTls({ certFile: keyFile, keyFile }),
      TypeError,
      `dinokit.tls.cert_file: ${keyFile} holds no PEM text of a certificate`,
    );
    await Deno.writeTextFile(keyFile, pem("ENCRYPTED PRIVATE KEY"));
    await assertRejects(
      () => readTls({ certFile, keyFile }),
      TypeError,
      `dinokit.tls.key_file: ${keyFile} holds no PEM text of a private key that is not encrypted`,
    );
    await Deno.writeTextFile(keyFile, pem("PRIVATE KEY"));
    for (const endless of ["/dev/zero", "/dev/urandom"]) {
      await assertRejects(
        () => readTls({ certFile, keyFile, caFile: endless }),
        TypeError,
        `dinokit.tls.ca_file: ${endless} has more than 1048576 bytes; use a file of PEM texts`,
      );
    }
    await assertRejects(
      () => readTls({ certFile, keyFile, caFile: `${dir}/none.pem` }),
      Deno.errors.NotFound,
      `dinokit.tls.ca_file: ${dir}/none.pem does not exist`,
    );
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
});
