import { assert, assertEquals, assertThrows } from "@std/assert";
import { type ClientTls, createClient, createLogger, createServer, type RpcError, type ServerTls } from "../mod.ts";
import { EchoService } from "../proto/echo.ts";
import { type Authority, makeAuthority } from "./certificates.ts";
import { needs } from "./needs.ts";
import { grpcJs } from "../transport/grpc_js/mod.ts";

const ALL: Deno.PermissionDescriptor[] = ["net", "run", "read", "write"].map((name) => ({ name })) as never;
const logger = createLogger("silent");

const serverCertificate = (authority: Authority) => authority.sign("server", "subjectAltName=IP:127.0.0.1");

const clientCertificate = (authority: Authority) => authority.sign("client", "extendedKeyUsage=clientAuth");

const make = (tls?: ServerTls) =>
  createServer({ name: "echo", address: "127.0.0.1:0", tls, logger })
    .add(EchoService, { echo: ({ mes }) => ({ resp: mes }) });

/** One call over a connection of its own: its reply, or why there is none. */
async function call(address: string, tls: ClientTls): Promise<string> {
  await using client = createClient(EchoService, { address, tls, logger });
  return await client.echo({ mes: "hello" }).then(({ resp }) => resp, (error: RpcError) => error.rawMessage);
}

needs(ALL, "setTls() shows new connections another certificate, and old ones stay open", async () => {
  await using before = await makeAuthority();
  await using after = await makeAuthority();
  await using server = make(await serverCertificate(before));
  await server.start();
  await using old = createClient(EchoService, { address: server.address, tls: { ca: before.ca }, logger });
  assertEquals((await old.echo({ mes: "first" })).resp, "first");
  assert((await call(server.address, { ca: after.ca })).includes("no authority in tls.ca has signed"));

  server.setTls(await serverCertificate(after));

  assertEquals(await call(server.address, { ca: after.ca }), "hello");
  assert((await call(server.address, { ca: before.ca })).includes("no authority in tls.ca has signed"));
  // A new connection would fail as the one above.
  assertEquals((await old.echo({ mes: "goes on" })).resp, "goes on");
});

needs(ALL, "setTls() before the start, and with other authorities for clients", async () => {
  await using before = await makeAuthority();
  await using after = await makeAuthority();
  const tls = await serverCertificate(before);
  await using server = make({ ...tls, ca: before.ca });
  server.setTls({ ...tls, ca: after.ca });
  await server.start();
  const [wrong, right] = [await clientCertificate(before), await clientCertificate(after)];
  assert((await call(server.address, { ca: before.ca, ...wrong })) !== "hello");
  assertEquals(await call(server.address, { ca: before.ca, ...right }), "hello");

  server.setTls({ ...tls, ca: before.ca });

  assertEquals(await call(server.address, { ca: before.ca, ...wrong }), "hello");
  assert((await call(server.address, { ca: before.ca, ...right })) !== "hello");
  assert((await call(server.address, { ca: before.ca })) !== "hello");
  assertThrows(() => server.setTls(tls), TypeError, "tls.ca");
});

needs(ALL, "an invalid certificate, key or pair is rejected at the start and by setTls()", async () => {
  await using authority = await makeAuthority();
  const tls = await serverCertificate(authority);
  const other = await authority.sign("other");
  const damaged = (label: string) => `-----BEGIN ${label}-----\nAAAA\n-----END ${label}-----\n`;
  await using server = make(tls);
  const wrong = (bad: Partial<ServerTls>, text: string) => {
    assertThrows(() => make({ ...tls, ...bad }), TypeError, `createServer: ${text}`);
    assertThrows(() => server.setTls({ ...tls, ...bad }), TypeError, `server.setTls: ${text}`);
  };
  wrong({ cert: "cert.pem" }, "tls.cert holds no certificate; give the PEM text of the file, not its name");
  wrong({ key: "key.pem" }, "tls.key holds no private key; give the PEM text of the file, not its name");
  wrong({ ca: tls.key }, "tls.ca holds no certificate");
  wrong({ cert: tls.cert + damaged("CERTIFICATE") }, "tls.cert: certificate 2 of 2 is damaged");
  wrong({ key: damaged("PRIVATE KEY") }, "tls.key is damaged or encrypted");
  wrong({ key: other.key }, 'tls.key does not belong to tls.cert, whose first certificate is for "CN=server"');
  wrong(
    { cert: authority.ca + tls.cert },
    'tls.key does not belong to tls.cert, whose first certificate is for "CN=auth',
  );
  const misspelt = { ...tls, certs: tls.cert };
  assertThrows(() => make(misspelt), TypeError, "createServer: tls.certs is not an option; did you mean tls.cert?");
  assertThrows(() => server.setTls(misspelt), TypeError, "server.setTls: certs is not an option; did you mean cert?");
  assertThrows(() => make().setTls(tls), TypeError, "server.setTls: the server has no TLS");
});

needs([...ALL, { name: "env" }], "setTls() reports that grpc-js can't change its certificate", async () => {
  await using authority = await makeAuthority();
  const tls = await serverCertificate(authority);
  await using server = createServer({ name: "echo", address: "127.0.0.1:0", tls, logger, transport: grpcJs() })
    .add(EchoService, { echo: ({ mes }) => ({ resp: mes }) });
  await server.start();
  assertThrows(() => server.setTls(tls), TypeError, "the transport can't change its certificate");
});
