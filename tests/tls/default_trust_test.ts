/**
 * Clients with `tls: {}`: what Deno trusts, they trust. DENO_CERT adds an authority to that, and NODE_EXTRA_CA_CERTS
 * for node:tls.
 *
 * @module
 */

import { fileURLToPath } from "node:url";
import { assertEquals, assertMatch } from "@std/assert";
import { createLogger, createServer, type ServerTls } from "../../mod.ts";
import { EchoService } from "../../proto/echo.ts";
import { needs } from "../needs.ts";
import { runProgram } from "../program.ts";
import { startEvilServer } from "./evil_server.ts";
import { authority, extendedUsage, forge, type Forged, names, type Wish } from "./forge.ts";

const ALL: Deno.PermissionDescriptor[] = ["net", "run", "read", "write", "env"].map((name) => ({ name })) as never;
const CLIENT = fileURLToPath(new URL("default_trust_client.ts", import.meta.url));

const root = forge({ name: "root", extensions: [authority()] });
const signed = (wish: Wish = {}) =>
  forge({ issuer: root, extensions: [names("DNS:echo.test", "IP:7f000001"), extendedUsage("server")], ...wish });

/** What a client says of a server. It may do no more than connect. */
async function ask(address: string, tls: object, { trusts = true, flags = [] as string[] } = {}): Promise<string> {
  const folder = await Deno.makeTempDir();
  try {
    await Deno.writeTextFile(`${folder}/ca.pem`, root.pem);
    const env = {
      NO_COLOR: "1",
      ...(trusts && { DENO_CERT: `${folder}/ca.pem`, NODE_EXTRA_CA_CERTS: `${folder}/ca.pem` }),
    };
    const args = ["run", "--no-prompt", "--allow-net=127.0.0.1", ...flags, CLIENT, address, JSON.stringify(tls)];
    const { stdout, stderr } = await runProgram({ path: Deno.execPath(), args, env });
    return stdout.trim() || stderr;
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function serve(own: Forged, more: Partial<ServerTls> = {}) {
  const tls = { cert: own.pem, key: own.key.pkcs8, ...more };
  const server = createServer({ name: "echo", address: "127.0.0.1:0", tls, logger: createLogger("silent") });
  server.add(EchoService, { echo: ({ mes }) => ({ resp: mes }) });
  await server.start();
  return server;
}

needs(
  ALL,
  "tls: {} trusts the same authorities as Deno, by name and by address, with only the permission to connect",
  async () => {
    await using server = await serve(signed());
    for (const tls of [{}, { serverName: "echo.test" }, { serverName: "127.0.0.1" }]) {
      assertEquals(await ask(server.address, tls), "hello");
    }
    assertMatch(
      await ask(server.address, { serverName: "other.test" }),
      /shows a certificate for echo.test, 127.0.0.1, not for other.test; call it by one of its names, or set tls.serverName$/,
    );
    assertMatch(
      await ask(server.address, {}, { trusts: false }),
      /shows a certificate that Deno does not trust; set tls.ca to its authority's, or DENO_TLS_CA_STORE=system if /,
    );
  },
);

needs(ALL, "tls: {} reports the problem with a server's certificate", async () => {
  const bad = async (own: Forged, why: RegExp) => {
    await using server = await startEvilServer({ chain: [own.der], key: own.key.pkcs8 });
    assertMatch(await ask(server.address, { serverName: "echo.test" }), why);
    assertEquals(server.heard.includes("PRI *"), false);
  };
  await bad(signed({ from: Date.now() - 9e7, until: Date.now() - 8e7 }), /shows a certificate that has expired/);
  await bad(signed({ from: Date.now() + 8e7, until: Date.now() + 9e7 }), /shows a certificate that is not valid yet/);
  await bad(signed({ extensions: [], name: "echo.test" }), /shows a certificate for no name at all/);
  await bad(signed({ version: 1, name: "echo.test" }), /shows a certificate that is refused: /);
  await bad(signed({ extensions: [names("URI:http://x/, DNS:echo.test")] }), /shows a certificate for no name at all/);
  await bad(
    signed({ extensions: [names("DNS:echo.test"), extendedUsage("client")] }),
    /shows a certificate that is refused/,
  );
});

needs(ALL, "Deno's flag that ignores certificates holds for tls: {}, and not where there is a ca", async () => {
  const other = forge({ name: "other", extensions: [authority()] });
  await using server = await serve(signed({ issuer: other }));
  const flags = ["--unsafely-ignore-certificate-errors"];
  assertMatch(await ask(server.address, {}, { flags }), /hello$/);
  assertMatch(
    await ask(server.address, { ca: root.pem }, { flags }),
    /shows a certificate that no authority in tls.ca/,
  );
});

needs(ALL, "tls: {} distinguishes no TLS, no HTTP/2 and mutual TLS", async () => {
  await using plain = createServer({ name: "echo", address: "127.0.0.1:0", logger: createLogger("silent") });
  plain.add(EchoService, { echo: ({ mes }) => ({ resp: mes }) });
  await plain.start();
  assertMatch(await ask(plain.address, {}), /speaks no TLS; leave out the option tls/);
  const own = signed();
  await using other = await startEvilServer({ chain: [own.der], key: own.key.pkcs8 }, "-alpn", "http/1.1");
  assertMatch(await ask(other.address, {}), /NoApplicationProtocol|offers no HTTP\/2/);
  await using mutual = await serve(own, { ca: root.pem });
  assertMatch(await ask(mutual.address, {}), /asks for a client's certificate[;,] set tls.cert and tls.key$/);
});

needs(
  ALL,
  "a client's certificate under the authorities that Deno trusts takes --allow-sys and one --allow-env",
  async () => {
    await using server = await serve(signed(), { ca: root.pem });
    const own = signed({ name: "client", extensions: [extendedUsage("client")] });
    const tls = { cert: own.pem, key: own.key.pkcs8 };
    assertMatch(await ask(server.address, tls), /Requires sys access to "ca"/);
    assertEquals(await ask(server.address, tls, { flags: ["--allow-sys", "--allow-env=NODE_USE_SYSTEM_CA"] }), "hello");
  },
);
