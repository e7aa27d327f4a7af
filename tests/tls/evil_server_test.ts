/**
 * Servers that show certificates which are not theirs, or which are none. A client must not say a word to them.
 *
 * @module
 */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { type ClientTls, consul, createClient, createLogger, type RpcError } from "../../mod.ts";
import { EchoService } from "../../proto/echo.ts";
import { needs } from "../needs.ts";
import { recordingLogger, until } from "../observe.ts";
import { type EvilServer, type Shown, startEvilServer } from "./evil_server.ts";
import {
  authority,
  extendedUsage,
  forge,
  type Forged,
  makeKey,
  nameConstraints,
  names,
  usage,
  type Wish,
} from "./forge.ts";
import { type SocketTransport, transportOf } from "../transport_of.ts";

const ALL: Deno.PermissionDescriptor[] = ["net", "run", "read", "write", "env", "sys"].map((name) => ({
  name,
})) as never;
const NAME = "victim.test";

const root = forge({ name: "root", extensions: [authority()] });
/** Who has its name, and not its key. */
const impostor = forge({ name: "root", extensions: [authority()] });
const signed = (wish: Wish = {}) => forge({ issuer: root, extensions: [names(`DNS:${NAME}`)], ...wish });
const shown = (own: Forged, ...others: Forged[]): Shown => ({
  chain: [own, ...others].map(({ der }) => der),
  key: own.key.pkcs8,
});

/**
 * A BOOLEAN that is true by other bits than DER has it: webpki can't read such a certificate, and then nobody checks
 * it.
 */
function oddly(bytes: Uint8Array): Uint8Array {
  const at = bytes.toHex().lastIndexOf("0101ff") / 2;
  assert(at > 0);
  return Uint8Array.from(bytes, (octet, i) => i === at + 2 ? 1 : octet);
}

/** openssl reads it, and Deno does not: a date without its Z. */
const unreadable = signed({
  twist: (bytes) => {
    const at = bytes.toHex().indexOf("170d") / 2;
    return Uint8Array.from(bytes, (octet, i) => i === at + 14 ? 0x59 : octet);
  },
});
const broken = signed({ name: "broken", extensions: [authority()], twist: oddly });
const constrained = signed({
  name: "sub",
  extensions: [authority(), nameConstraints({ permitted: ["DNS:other.test"] })],
});

/** What a server shows, and what a client says of it. */
const EVIL: Record<string, [Shown, RegExp]> = {
  "a certificate of version 1 that nobody has signed": [
    shown(forge({ name: NAME, version: 1, issuer: impostor })),
    /shows a certificate that was not signed by/,
  ],
  "a certificate with an odd octet that nobody has signed": [
    shown(forge({ issuer: impostor, extensions: [names(`DNS:${NAME}`), usage(false)], twist: oddly })),
    /shows a certificate that can't be read/,
  ],
  "a certificate that nobody has signed, over one that can't be read": [
    shown(forge({ issuer: impostor, extensions: [names(`DNS:${NAME}`)] }), broken),
    /shows a certificate that/,
  ],
  "a true certificate over one that can't be read": [
    shown(signed(), unreadable),
    /shows a certificate that can't be read/,
  ],
  "a certificate with a URI that reads as a second name": [
    shown(signed({ extensions: [names(`URI:http://x/, DNS:${NAME}`)] })),
    /shows a certificate for no name at all/,
  ],
  "a certificate with a name that goes on behind a NUL": [
    shown(signed({ extensions: [names(`DNS:${NAME}\0.evil.test`)] })),
    /not for victim.test/,
  ],
  "a certificate that has the name as its common name only": [
    shown(signed({ name: NAME, extensions: [] })),
    /shows a certificate for no name at all/,
  ],
  "a certificate for another name": [
    shown(signed({ extensions: [names("DNS:other.test", "DNS:*.test", "IP:7f000001")] })),
    /shows a certificate for other.test, \*.test, 127.0.0.1, not for victim.test/,
  ],
  "a certificate of an authority that may not sign for the name": [
    shown(forge({ issuer: constrained, extensions: [names(`DNS:${NAME}`)] }), constrained),
    /shows a certificate that/,
  ],
  "a certificate for clients": [
    shown(signed({ extensions: [names(`DNS:${NAME}`), extendedUsage("client")] })),
    /not for servers|may not be used by a server/,
  ],
  "a certificate that a server has signed": [
    (() => {
      const server = signed();
      return shown(forge({ issuer: server, extensions: [names(`DNS:${NAME}`)] }), server);
    })(),
    /shows a certificate that/,
  ],
  "a certificate of yesterday": [
    shown(signed({ from: Date.now() - 9e7, until: Date.now() - 8e7 })),
    /shows a certificate that .* has expired/,
  ],
  "a certificate of tomorrow": [
    shown(signed({ from: Date.now() + 8e7, until: Date.now() + 9e7 })),
    /shows a certificate that no authority/,
  ],
};

/** One call: why it failed, or undefined if the client has believed the server. */
async function call(
  server: EvilServer,
  transport: SocketTransport,
  tls: ClientTls = { ca: root.pem, serverName: NAME },
) {
  await using client = createClient(EchoService, {
    address: server.address,
    tls,
    transport: transportOf(transport),
    logger: createLogger("silent"),
    drainTimeout: 0,
  });
  let why: string | undefined;
  void client.echo({}).catch((error: RpcError) => why = error.rawMessage);
  await until(() => why !== undefined || server.heard.includes("PRI * HTTP/2.0"), "it speaks, or says why not");
  return server.heard.includes("PRI *") ? undefined : why;
}

needs(ALL, "Consul gets no token if it shows a certificate that is not its own", async () => {
  for (const [certificates] of Object.values(EVIL)) {
    await using server = await startEvilServer(certificates);
    const logger = recordingLogger();
    const options = { tls: { ca: root.pem, serverName: NAME }, token: "secret" };
    const watch = consul(server.address, options).watch("echo", () => {}, logger);
    await until(() => logger.lines.length > 0, "it fails");
    watch.close();
    assertEquals(/secret|GET/.test(server.heard), false);
  }
});

/** grpc-js goes on trying for a while after it was closed. */
const LAX = { "http2": {}, "grpc-js": { sanitizeOps: false, sanitizeResources: false } };

for (const transport of ["http2", "grpc-js"] as const) {
  for (const [what, [certificates, why]] of Object.entries(EVIL)) {
    needs(ALL, `${transport}: a server that shows ${what} receives no request`, async () => {
      for (const version of ["-tls1_2", "-tls1_3"]) {
        await using server = await startEvilServer(certificates, version);
        assertMatch(await call(server, transport) ?? "it is believed", why, version);
        assertEquals(/PRI \*/.test(server.heard), false);
      }
    }, LAX[transport]);
  }

  needs(ALL, `${transport}: a server with a valid certificate is trusted, by name and by address`, async () => {
    const middle = signed({ name: "middle", extensions: [authority()] });
    const extensions = [names(`DNS:${NAME}`, "IP:7f000001", `IP:${"0".repeat(31)}1`), extendedUsage("server")];
    for (const key of [makeKey("p256"), makeKey("rsa"), makeKey("ed25519")]) {
      const certificates = shown(forge({ key, issuer: middle, extensions }), middle);
      for (const serverName of [NAME, "VICTIM.test.", "127.0.0.1", "::1", undefined]) {
        await using server = await startEvilServer(certificates);
        assertEquals(await call(server, transport, { ca: root.pem, serverName }), undefined, serverName);
      }
    }
    await using server = await startEvilServer(shown(signed()));
    assertMatch((await call(server, transport, { ca: root.pem, serverName: "127.0.0.2" }))!, /not for 127.0.0.2/);
  }, LAX[transport]);
}

needs(ALL, "no variable of the environment turns the check of a server off", async () => {
  Deno.env.set("NODE_TLS_REJECT_UNAUTHORIZED", "0");
  try {
    for (const transport of ["http2", "grpc-js"] as const) {
      await using server = await startEvilServer(shown(forge({ extensions: [names(`DNS:${NAME}`)] })));
      assertMatch((await call(server, transport))!, /shows a certificate that no authority in tls.ca has signed/);
    }
  } finally {
    Deno.env.delete("NODE_TLS_REJECT_UNAUTHORIZED");
  }
}, LAX["grpc-js"]);
