import { assert, assertEquals, assertMatch, assertRejects, assertStringIncludes } from "@std/assert";
import {
  type ClientOptions,
  createClient,
  createServer,
  type Logger,
  type Peer,
  RpcError,
  type ServerOptions,
  Status,
} from "../mod.ts";
import { EchoService } from "../proto/echo.ts";
import { makeAuthority } from "./certificates.ts";
import { startChild } from "./child.ts";
import { needs } from "./needs.ts";
import { grpcJs } from "../transport/grpc_js/mod.ts";

const ALL: Deno.PermissionDescriptor[] = [{ name: "net" }, { name: "env" }, { name: "run" }, { name: "read" }, {
  name: "write",
}];
const quiet: Logger = { debug() {}, info() {}, warn() {}, error() {} };

/** grpc-js leaves a timer of its backoff (100 ms) behind when a connection fails; it is over by then. */
const settle = () => new Promise((resolve) => setTimeout(resolve, 400));

async function echo(
  server: Partial<ServerOptions>,
  client: (address: string) => ClientOptions,
): Promise<{ reply: string; peer: Peer }> {
  let peer: Peer | undefined;
  await using running = createServer({ name: "echo", address: "127.0.0.1:0", logger: quiet, ...server });
  running.add(EchoService, {
    echo({ mes }, ctx) {
      peer = ctx.peer;
      return { resp: mes };
    },
  });
  await running.start();
  await using calls = createClient(EchoService, { logger: quiet, ...client(running.address) });
  const { resp: reply } = await calls.echo({ mes: "hello" });
  return { reply, peer: peer! };
}

/** A call that is UNAVAILABLE: why, without the addresses that come first. */
async function refused(server: Partial<ServerOptions>, client: Partial<ClientOptions>): Promise<string> {
  const error = await assertRejects(() => echo(server, (address) => ({ address, ...client })), RpcError);
  assertEquals(error.code, Status.UNAVAILABLE);
  const [, why] = /^no connection: 127\.0\.0\.1:\d+ (.*)$/.exec(error.rawMessage) ?? [];
  return why ?? error.rawMessage;
}

needs(ALL, "TLS: by IP address and by a configured name", async () => {
  await using authority = await makeAuthority();
  const { ca } = authority;
  const tls = await authority.sign("server", "subjectAltName=DNS:echo.test,IP:127.0.0.1");
  assertEquals((await echo({ tls }, (address) => ({ address, tls: { ca } }))).reply, "hello");
  assertEquals((await echo({ tls }, (address) => ({ address, tls: { ca, serverName: "echo.test" } }))).reply, "hello");
});

needs(ALL, "a TLS failure names its cause: trust, name, no TLS here, TLS there", async () => {
  await using authority = await makeAuthority();
  await using other = await makeAuthority();
  const { ca } = authority;
  const tls = await authority.sign("server", "subjectAltName=DNS:echo.test,IP:127.0.0.1");
  assertEquals(
    await refused({ tls }, { tls: { ca: other.ca } }),
    "shows a certificate that no authority in tls.ca has signed, or that has expired or is not for servers",
  );
  assertEquals(
    await refused({ tls }, { tls: {} }),
    "shows a certificate that Deno does not trust; set tls.ca to its authority's, or DENO_TLS_CA_STORE=system if this " +
      "system trusts it",
  );
  assertEquals(
    await refused({ tls }, { tls: { ca, serverName: "other.test" } }),
    "shows a certificate for echo.test, 127.0.0.1, not for other.test; call it by one of its names, or set tls.serverName",
  );
  const named = await authority.sign("named", "subjectAltName=DNS:echo.test");
  assertEquals(
    await refused({ tls: named }, { tls: { ca } }),
    "shows a certificate for echo.test, not for 127.0.0.1; call it by one of its names, or set tls.serverName",
  );
  assertEquals(
    await refused({}, { tls: { ca } }),
    "speaks no TLS; leave out the option tls, or call its port for TLS",
  );
  assertEquals(await refused({ tls }, {}), "speaks TLS; set the option tls");
  await settle();
});

needs(ALL, "a server of another protocol is distinguished from a server that is down", async () => {
  const mail = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const greeting = (async () => {
    for await (const socket of mail) {
      await socket.write(new TextEncoder().encode("220 mail.test ESMTP\r\n")).catch(() => {});
      socket.close();
    }
  })();
  const address = `127.0.0.1:${mail.addr.port}`;
  await using calls = createClient(EchoService, { address, logger: quiet });
  const error = await assertRejects(() => calls.echo({}), RpcError);
  assertStringIncludes(error.rawMessage, `${address} takes connections but speaks no HTTP/2; is it another service?`);
  mail.close();
  await greeting;
  await settle();
  const down = await assertRejects(() => calls.echo({}), RpcError);
  assertStringIncludes(down.rawMessage, `can't connect to ${address}: Connection refused`);
});

needs(
  ALL,
  "mutual TLS: the handler sees the caller's identity, and a client without a certificate gets an error that explains it",
  async () => {
    await using authority = await makeAuthority();
    const { ca } = authority;
    const server = await authority.sign("server", "subjectAltName=DNS:echo.test,IP:127.0.0.1");
    const client = await authority.sign(
      "client",
      "extendedKeyUsage=clientAuth",
      "subjectAltName=DNS:caller.test,URI:spiffe://test/sa/caller,IP:10.0.0.1",
    );
    const tls = { ...server, ca };
    const { reply, peer } = await echo({ tls }, (address) => ({ address, tls: { ca, ...client } }));
    assertEquals(reply, "hello");
    assertEquals(peer.identity, {
      commonName: "client",
      dnsNames: ["caller.test"],
      uris: ["spiffe://test/sa/caller"],
    });
    for (let i = 0; i < 10; i++) {
      assertMatch(
        await refused({ tls }, { tls: { ca } }),
        /asks for a client's certificate[;,] set tls\.cert and tls\.key$/,
      );
    }
    await settle();
  },
);

needs(ALL, "peer.address names the caller as gRPC does: IPv4, IPv6 and unix sockets", async () => {
  const plain = (address: string) => ({ address });
  assertMatch((await echo({}, plain)).peer.address, /^127\.0\.0\.1:\d+$/);
  assertMatch((await echo({ address: "[::1]:0" }, plain)).peer.address, /^\[::1\]:\d+$/);
  // A socket for both shows IPv4 in IPv6.
  const mapped = await echo({ address: "[::]:0" }, (at) => plain(at.replace("[::]", "127.0.0.1")));
  assertMatch(mapped.peer.address, /^127\.0\.0\.1:\d+$/);
  const folder = await Deno.makeTempDir();
  try {
    const address = `unix:${folder}/echo.sock`;
    assertEquals((await echo({ address }, plain)).peer, { address });
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

needs(ALL, "an address without a host takes IPv6 and IPv4, for calls and health, over each transport", async () => {
  await using authority = await makeAuthority();
  const tls = await authority.sign("server", "subjectAltName=IP:127.0.0.1,IP:::1");
  for (const options of [{}, { tls }, { transport: grpcJs() }]) {
    const health = { address: ":0" };
    await using server = createServer({ name: "echo", address: ":0", logger: quiet, health, ...options });
    server.add(EchoService, { echo: (_, { peer }) => ({ resp: peer.address }) });
    await server.start();
    assertMatch(server.address, /^\[::\]:\d+$/);
    assertMatch(server.healthAddress!, /^\[::\]:\d+$/);
    for (const [host, peer] of [["127.0.0.1", /^127\.0\.0\.1:\d+$/], ["[::1]", /^\[::1\]:\d+$/]] as const) {
      const address = server.address.replace("[::]", host);
      const client = { address, logger: quiet, tls: "tls" in options ? { ca: authority.ca } : undefined };
      await using calls = createClient(EchoService, client);
      assertMatch((await calls.echo({})).resp, peer);
      const response = await fetch(`http://${server.healthAddress!.replace("[::]", host)}/health`);
      assertEquals((await response.json()).status, "serving");
    }
  }
  await settle();
});

/** Runs a test of unix sockets for each way to listen there, in a folder of its own. */
async function eachUnixSocket(run: (path: string, options: Partial<ServerOptions>, ca?: string) => Promise<void>) {
  await using authority = await makeAuthority();
  const tls = await authority.sign("server", "subjectAltName=DNS:localhost");
  for (const options of [{}, { tls }, { transport: grpcJs() }]) {
    const folder = await Deno.makeTempDir();
    try {
      await run(`${folder}/echo.sock`, options, "tls" in options ? authority.ca : undefined);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  }
}

const exists = (path: string) => Deno.lstat(path).then(() => true, () => false);

needs(
  ALL,
  "a unix socket that a killed process left behind is no hindrance; a file, or a socket that is served, is",
  () =>
    eachUnixSocket(async (path, options, ca) => {
      const address = `unix:${path}`;
      const script = `Deno.listen({ transport: "unix", path: Deno.args[0] }); Deno.kill(Deno.pid, "SIGKILL")`;
      await new Deno.Command(Deno.execPath(), { args: ["eval", script, path] }).output();
      assert((await Deno.lstat(path)).isSocket);
      const client = () => ({ address, tls: ca === undefined ? undefined : { ca } });
      assertEquals((await echo({ address, ...options }, client)).reply, "hello");
      await using serving = createServer({ name: "first", address, logger: quiet, ...options });
      serving.add(EchoService, { echo: () => ({ resp: "first" }) });
      await serving.start();
      await assertRejects(() => echo({ address, ...options }, client), Deno.errors.AddrInUse, address);
      await using still = createClient(EchoService, { logger: quiet, ...client() });
      assertEquals((await still.echo({})).resp, "first");
      const file = `${path}.txt`;
      await Deno.writeTextFile(file, "keep");
      await assertRejects(() => echo({ address: `unix:${file}`, ...options }, client));
      assertEquals(await Deno.readTextFile(file), "keep");
    }),
);

needs(
  ALL,
  "the file of a unix socket is gone when its server has stopped, and the next one's file stays",
  () =>
    eachUnixSocket(async (path, options, ca) => {
      const address = `unix:${path}`;
      for (let i = 0; i < 20; i++) {
        const { reply } = await echo({ address, ...options }, () => ({ address, tls: ca ? { ca } : undefined }));
        assertEquals(reply, "hello");
        assertEquals(await exists(path), false);
      }
    }),
);

needs(ALL, "a program that stops its server leaves no file of a unix socket behind", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const path = `${folder}/echo.sock`;
    await using child = startChild(new URL("descriptors_server.ts", import.meta.url), { address: `unix:${path}` });
    await child.line();
    assert(await exists(path));
    await child.closeInput();
    assertEquals(await child.code, 0, child.log);
    assertEquals(await exists(path), false);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

needs(ALL, "gzip carries calls both ways", async () => {
  const { reply } = await echo({ compression: "gzip" }, (address) => ({ address, compression: "gzip" }));
  assertEquals(reply, "hello");
});

needs(ALL, "a port in use is reported before anything else starts", async () => {
  await using first = createServer({ name: "a", address: "127.0.0.1:0", logger: quiet });
  first.add(EchoService, { echo: () => ({}) });
  await first.start();
  const second = createServer({ name: "b", address: first.address, logger: quiet });
  second.add(EchoService, { echo: () => ({}) });
  const error = await assertRejects(() => second.start(), Deno.errors.AddrInUse);
  assertStringIncludes(error.message, first.address);
});
