import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { createServer } from "../../mod.ts";
import { makeAuthority } from "../certificates.ts";
import { kindsHandlers } from "../kinds.ts";
import { needs } from "../needs.ts";
import { Kinds } from "../proto/kinds.ts";
import { CLI_PERMISSIONS, dinokit } from "./dinokit.ts";

needs(CLI_PERMISSIONS, "dinokit calls a server by mutual TLS, and by another name than its address", async () => {
  await using authority = await makeAuthority();
  const tls = { ...await authority.sign("server", "subjectAltName=DNS:kinds.test"), ca: authority.ca };
  const own = await authority.sign("client", "extendedKeyUsage=clientAuth");
  const folder = await Deno.makeTempDir();
  const file = async (name: string, text: string) => {
    await Deno.writeTextFile(`${folder}/${name}`, text);
    return `${folder}/${name}`;
  };
  try {
    await using server = createServer({ name: "kinds", address: "127.0.0.1:0", tls, drainTimeout: 0 });
    server.add(Kinds, kindsHandlers());
    await server.start();
    const call = [
      "call",
      server.address,
      "dinokit.test.Kinds/Unary",
      '{"text":"x"}',
      "--proto",
      "tests/proto/kinds.proto",
    ];
    const trust = ["--ca", await file("ca.pem", authority.ca), "--server-name", "kinds.test"];
    const identity = ["--cert", await file("cert.pem", own.cert), "--key", await file("key.pem", own.key)];
    const right = await dinokit([...call, ...trust, ...identity]);
    assertEquals([right.code, right.stdout], [0, '{"text":"x"}\n'], right.stderr);
    assertEquals((await dinokit(["health", server.address, ...trust, ...identity])).stdout, "SERVING\n");
    const unknown = await dinokit([...call, ...trust.slice(2), ...identity]);
    assertEquals(unknown.code, 78);
    assertMatch(
      unknown.stderr,
      /that Deno does not trust; set --ca to its authority's, or DENO_TLS_CA_STORE=system if this system trusts it\n/,
    );
    const misnamed = await dinokit([...call, ...trust.slice(0, 2), ...identity]);
    assertMatch(misnamed.stderr, /call it by one of its names, or set --server-name\n/);
    const stranger = await dinokit([...call, "--ca", identity[1]!, ...trust.slice(2), ...identity]);
    assertMatch(stranger.stderr, /no authority in --ca has signed/);
    for (let i = 0; i < 5; i++) {
      const nobody = await dinokit([...call, ...trust]);
      assertEquals(nobody.code, 78);
      assertMatch(nobody.stderr, /asks for a client's certificate[;,] set --cert and --key\n$/);
    }
    const half = await dinokit([...call, ...trust, ...identity.slice(0, 2)]);
    assertEquals(half.code, 2);
    assertStringIncludes(half.stderr, "--cert and --key belong together");
    const wrong = async (...flags: string[]) => {
      const { code, stderr } = await dinokit([...call, ...trust.slice(2), ...flags]);
      assertEquals(code, 2);
      return stderr;
    };
    const key = await file("server.key", tls.key);
    assertEquals(await wrong("--ca", key), "error: --ca holds no certificate; give a file that does\n");
    assertMatch(
      await wrong(...identity.slice(0, 3), key),
      /^error: --key does not belong to --cert, whose first .*\n$/,
    );
    const plain = await dinokit(call);
    assertEquals(plain.code, 78);
    assertMatch(plain.stderr, /speaks TLS; set --tls\n$/);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
