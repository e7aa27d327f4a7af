/**
 * Clients that want to pass mutual TLS by a session which they did not get for it. node:tls of Deno 2.9.6 lets each of
 * them in.
 *
 * @module
 */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { createServer as createHttpsServer, type ServerOptions as HttpsOptions } from "node:https";
import { createServer, type Server, type ServerOptions, type ServerTls } from "../../mod.ts";
import { EchoService } from "../../proto/echo.ts";
import { type Authority, makeAuthority, type Signed } from "../certificates.ts";
import { needs } from "../needs.ts";
import { callBy, isResumed, type OpensslOptions, takeTicket, type Version } from "./openssl_client.ts";
import { type SocketTransport, transportOf } from "../transport_of.ts";

const ALL: Deno.PermissionDescriptor[] = ["net", "run", "read", "write", "env"].map((name) => ({ name })) as never;
const DAY_MS = 24 * 3600 * 1000;

/** What a case works with. */
class Case extends AsyncDisposableStack {
  readonly version: Version;
  readonly log: string[] = [];
  /** The authority of the server and of its rightful clients. */
  readonly right: Authority;
  /** Another authority, whose clients must not get in. */
  readonly wrong: Authority;
  readonly #own: Signed;
  readonly #transport: SocketTransport;

  constructor(version: Version, transport: SocketTransport, authorities: [Authority, Authority], own: Signed) {
    super();
    this.version = version;
    this.#transport = transport;
    [this.right, this.wrong] = authorities;
    this.#own = own;
  }

  /** A server that lets clients of these authorities in; all if there are none. */
  async serve(ca?: string, options: Partial<ServerOptions> = {}): Promise<Server> {
    const write = (message: string, fields?: object) => void this.log.push(`${message} ${Deno.inspect(fields)}`);
    const server = createServer({
      name: "echo",
      address: "127.0.0.1:0",
      tls: this.tls(ca),
      transport: transportOf(this.#transport),
      drainTimeout: 0,
      logger: { debug() {}, info() {}, warn: write, error: write },
      ...options,
    });
    server.add(EchoService, { echo: (_, { peer }) => ({ resp: JSON.stringify(peer.identity?.commonName ?? null) }) });
    await this.use(server).start();
    return server;
  }

  /** A server by node:https: its address. */
  async serveHttps(options: HttpsOptions): Promise<string> {
    const server = createHttpsServer({ ...this.#own, ...options }, (_, response) => response.end());
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    this.defer(() => void server.close());
    return `127.0.0.1:${(server.address() as { port: number }).port}`;
  }

  tls(ca?: string): ServerTls {
    return { ...this.#own, ca };
  }

  /** A client that is none of the server's. */
  client(authority: Authority): Promise<Signed> {
    return authority.sign("client", "extendedKeyUsage=clientAuth");
  }

  /** The session is taken up by node:tls, and the call is refused all the same. */
  async isRefused({ address }: Server, options: Omit<OpensslOptions, "version">, why: RegExp): Promise<void> {
    const client = { version: this.version, ...options };
    assert(await isResumed(address, client), "the session is taken up");
    assertEquals(await callBy(address, client), undefined);
    assertMatch(this.log.join("\n"), why);
  }
}

/** Registers a case for both versions of TLS, and for both transports unless it changes the server's certificates. */
function each(name: string, body: (test: Case) => Promise<void>, transports = ["http2", "grpc-js"] as const): void {
  for (const transport of transports) {
    needs(ALL, `${transport}: ${name}`, async () => {
      await using right = await makeAuthority();
      await using wrong = await makeAuthority();
      const own = await right.sign("server", "subjectAltName=IP:127.0.0.1");
      for (const version of ["1.2", "1.3"] as const) {
        await using test = new Case(version, transport, [right, wrong], own);
        await body(test);
      }
    });
  }
}

each("a ticket of a server that asks for no certificate does not pass one that does", async (test) => {
  const [open, guarded] = [await test.serve(), await test.serve(test.right.ca)];
  const ticket = await takeTicket(open.address, { version: test.version });
  assertEquals(await callBy(open.address, { version: test.version, ticket }), "null");
  await test.isRefused(guarded, { ticket }, /presented no certificate/);
});

each("a ticket of a plain node:https server in the same process does not pass", async (test) => {
  const guarded = await test.serve(test.right.ca);
  const plain = await test.serveHttps({});
  const ticket = await takeTicket(plain, { version: test.version, alpn: "http/1.1" });
  await test.isRefused(guarded, { ticket }, /presented no certificate/);
});

each("a ticket that another authority's certificate got does not pass", async (test) => {
  const [other, guarded] = [await test.serve(test.wrong.ca), await test.serve(test.right.ca)];
  const own = await test.client(test.wrong);
  const ticket = await takeTicket(other.address, { version: test.version, own });
  await test.isRefused(guarded, { ticket, own }, /was not signed by/);
});

each(
  "an unverified certificate gives no identity through a session ticket of a lax node:https server",
  async (test) => {
    const open = await test.serve();
    const lax = await test.serveHttps({ ca: test.right.ca, requestCert: true, rejectUnauthorized: false });
    const own = await test.client(test.wrong);
    const ticket = await takeTicket(lax, { version: test.version, own, alpn: "http/1.1" });
    assert(await isResumed(open.address, { version: test.version, ticket }));
    assertEquals(await callBy(open.address, { version: test.version, ticket }), "null");
    await test.isRefused(await test.serve(test.right.ca), { ticket, own }, /was not signed by/);
  },
);

each("a certificate that has expired since does not pass by its ticket", async (test) => {
  const guarded = await test.serve(test.right.ca);
  const own = await test.client(test.right);
  const ticket = await takeTicket(guarded.address, { version: test.version, own });
  const { now } = Date;
  try {
    Date.now = () => now() + 2 * DAY_MS;
    await test.isRefused(guarded, { ticket, own }, /has expired/);
  } finally {
    Date.now = now;
  }
});

each("a rightful client resumes its session, and has its identity", async (test) => {
  const guarded = await test.serve(test.right.ca);
  const own = await test.client(test.right);
  const client = { version: test.version, own };
  const ticket = await takeTicket(guarded.address, client);
  assert(await isResumed(guarded.address, { ...client, ticket }));
  assertEquals(await callBy(guarded.address, { ...client, ticket }), '"client"');
  assertEquals(await callBy(guarded.address, { version: test.version, ticket }), '"client"');
  assertEquals(await callBy(guarded.address, { version: test.version }), undefined);
  assertEquals(test.log.filter((line) => !line.includes("presented no certificate")), []);
});

each("after setTls() with another authority the clients of the former are out", async (test) => {
  const guarded = await test.serve(test.wrong.ca);
  const own = await test.client(test.wrong);
  const client = { version: test.version, own };
  const ticket = await takeTicket(guarded.address, client);
  assertEquals(await callBy(guarded.address, { ...client, ticket }), '"client"');
  guarded.setTls(test.tls(test.right.ca));
  for (let i = 0; i < 3; i++) await test.isRefused(guarded, { ticket, own }, /was not signed by/);
  assertEquals(await callBy(guarded.address, client), undefined);
  guarded.setTls(test.tls(test.right.ca + test.wrong.ca));
  assertEquals(await callBy(guarded.address, { ...client, ticket }), '"client"');
}, ["http2"] as never);
