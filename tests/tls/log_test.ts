import { assertEquals, assertMatch } from "@std/assert";
import { type ClientTls, createClient, createLogger, createServer, type Logger, type ServerTls } from "../../mod.ts";
import { EchoService } from "../../proto/echo.ts";
import { needs } from "../needs.ts";
import { until } from "../observe.ts";
import { authority, extendedUsage, forge, type Forged, names, type Wish } from "./forge.ts";
import { transportOf } from "../transport_of.ts";

const NET: Deno.PermissionDescriptor[] = [{ name: "net" }, { name: "env" }];
const quiet = createLogger("silent");
const root = forge({ name: "root", extensions: [authority()] });
const own = forge({ issuer: root, extensions: [names("IP:7f000001")] });
const client = (wish: Wish = {}) => forge({ issuer: root, extensions: [extendedUsage("client")], ...wish });
const pair = ({ pem, key }: Forged) => ({ cert: pem, key: key.pkcs8 });

/** The reasons in the warnings of refused connections. */
function warnings(): { logger: Logger; reasons: string[] } {
  const reasons: string[] = [];
  const warn = (message: string, fields: Record<string, unknown> = {}) => {
    assertEquals(message, "a connection was rejected");
    assertMatch(String(fields.peer), /^127\.0\.0\.1(:\d+)?$/);
    reasons.push(String(fields.error));
  };
  return { logger: { debug() {}, info() {}, warn, error: warn }, reasons };
}

const CLIENTS: Record<string, [tls: Partial<ClientTls>, reason: RegExp]> = {
  "none": [{}, /^the client presented no certificate, which tls.ca requires$/],
  "a stranger's": [pair(client({ issuer: forge() })), /^the client's certificate was not signed by/],
  "one of yesterday": [
    pair(client({ from: Date.now() - 9e7, until: Date.now() - 8e7 })),
    /^the client's certificate (has expired|.*, has expired)/,
  ],
  "a server's": [
    pair(client({ extensions: [extendedUsage("server")] })),
    /^the client's certificate .*(is not for clients|may not be used by a client)/,
  ],
  "one of version 1": [pair(client({ version: 1, extensions: [] })), /^the client's certificate /],
};

for (const transport of ["http2", "grpc-js"] as const) {
  for (const [what, [tls, reason]] of Object.entries(CLIENTS)) {
    needs(NET, `${transport}: a client that shows ${what} is rejected, and leaves one line in the log`, async () => {
      const { logger, reasons } = warnings();
      const serverTls: ServerTls = { ...pair(own), ca: root.pem };
      const options = {
        name: "echo",
        address: "127.0.0.1:0",
        tls: serverTls,
        transport: transportOf(transport),
        logger,
      };
      await using server = createServer(options).add(EchoService, { echo: () => ({}) });
      await server.start();
      for (let i = 0; i < 10; i++) {
        await using caller = createClient(EchoService, {
          address: server.address,
          tls: { ca: root.pem, ...tls },
          logger: quiet,
        });
        assertEquals(await caller.echo({}).then(() => "served", () => "refused"), "refused");
      }
      await until(() => reasons.length > 0, "it is logged");
      assertEquals(reasons.length, 1);
      assertMatch(reasons[0]!, reason);
      await using rightful = createClient(EchoService, {
        address: server.address,
        tls: { ca: root.pem, ...pair(client()) },
        logger: quiet,
      });
      await rightful.echo({});
    });
  }
}

needs(NET, "a server with an invalid certificate logs it when it starts, and when it gets another one", async () => {
  const lines: string[] = [];
  const logger = createLogger("warn", (line) => lines.push(line));
  const expired = forge({ name: "old", issuer: root, until: Date.now() - 60_000 });
  const early = forge({ name: "early", issuer: root, from: Date.now() + 60_000 });
  await using server = createServer({ name: "echo", address: "127.0.0.1:0", tls: pair(expired), logger });
  server.add(EchoService, { echo: () => ({}) });
  await server.start();
  server.setTls(pair(early));
  server.setTls(pair(own));
  assertEquals(lines.length, 3, lines.join());
  assertMatch(lines[0]!, /WARN {2}tls\.cert \("old"\) has expired on \d{4}-.* service="echo"/);
  assertMatch(lines[1]!, /WARN {2}tls\.cert has no subjectAltName/);
  assertMatch(lines[2]!, /WARN {2}tls\.cert \("early"\) is not valid before \d{4}-/);
});

needs(NET, "a client with an expired certificate logs it, while the server only closes the connection", async () => {
  const { logger } = warnings();
  await using server = createServer({
    name: "echo",
    address: "127.0.0.1:0",
    tls: { ...pair(own), ca: root.pem },
    logger,
  });
  server.add(EchoService, { echo: () => ({}) });
  await server.start();
  const tls = { ca: root.pem, ...pair(client({ name: "old", until: Date.now() - 60_000 })) };
  await using caller = createClient(EchoService, { address: server.address, tls, logger: quiet });
  const why = await caller.echo({}).then(() => "", (error: Error) => error.message);
  assertMatch(why, /hangs up after the TLS handshake; tls\.cert \("old"\) has expired on |CertificateExpired/);
});
