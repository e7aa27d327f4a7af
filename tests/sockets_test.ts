import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import {
  type ClientOptions,
  createClient,
  createServer,
  type Logger,
  RpcError,
  type ServerOptions,
  Status,
} from "../mod.ts";
import { EchoService } from "../proto/echo.ts";
import { needs } from "./needs.ts";

const ALL: Deno.PermissionDescriptor[] = [{ name: "net" }, { name: "env" }, { name: "run" }, { name: "read" }, {
  name: "write",
}];
const quiet: Logger = { debug() {}, info() {}, warn() {}, error() {} };

/** grpc-js leaves a timer of its backoff (100 ms) behind when a connection fails; it is over by then. */
const settle = () => new Promise((resolve) => setTimeout(resolve, 400));

/** Keys and certificates of one authority, made by openssl in a folder that is removed again. */
async function certificates(): Promise<Record<"ca" | "server" | "serverKey" | "client" | "clientKey", string>> {
  const folder = await Deno.makeTempDir();
  const openssl = async (...args: string[]) => {
    const { success, stderr } = await new Deno.Command("openssl", { args, cwd: folder, stdin: "null" }).output();
    if (!success) throw new Error(`openssl ${args.join(" ")}: ${new TextDecoder().decode(stderr)}`);
  };
  const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
  const signed = async (name: string, extension: string) => {
    await Deno.writeTextFile(`${folder}/${name}.ext`, extension);
    await openssl("req", ...key, "-keyout", `${name}.key`, "-out", `${name}.csr`, "-subj", `/CN=${name}`);
    await openssl(
      "x509",
      "-req",
      "-in",
      `${name}.csr`,
      "-CA",
      "ca.pem",
      "-CAkey",
      "ca.key",
      "-CAcreateserial",
      "-days",
      "1",
      "-extfile",
      `${name}.ext`,
      "-out",
      `${name}.pem`,
    );
  };
  try {
    await openssl(
      "req",
      "-x509",
      ...key,
      "-keyout",
      "ca.key",
      "-out",
      "ca.pem",
      "-subj",
      "/CN=test authority",
      "-days",
      "1",
    );
    await signed("server", "subjectAltName=DNS:echo.test,IP:127.0.0.1");
    await signed("client", "extendedKeyUsage=clientAuth");
    const read = (name: string) => Deno.readTextFile(`${folder}/${name}`);
    return {
      ca: await read("ca.pem"),
      server: await read("server.pem"),
      serverKey: await read("server.key"),
      client: await read("client.pem"),
      clientKey: await read("client.key"),
    };
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function echo(
  server: Partial<ServerOptions>,
  client: (address: string) => ClientOptions,
): Promise<{ reply: string; identity?: string; peer: string }> {
  let identity: string | undefined;
  let peer = "";
  await using running = createServer({ name: "echo", address: "127.0.0.1:0", logger: quiet, ...server });
  running.add(EchoService, {
    echo({ mes }, ctx) {
      ({ identity, address: peer } = ctx.peer);
      return { resp: mes };
    },
  });
  await running.start();
  await using calls = createClient(EchoService, { logger: quiet, ...client(running.address) });
  const { resp: reply } = await calls.echo({ mes: "hello" });
  return { reply, identity, peer };
}

needs(ALL, "TLS: by IP address, by a configured name, and not without trust", async () => {
  const { ca, server, serverKey } = await certificates();
  const tls = { cert: server, key: serverKey };
  assertEquals((await echo({ tls }, (address) => ({ address, tls: { ca } }))).reply, "hello");
  assertEquals((await echo({ tls }, (address) => ({ address, tls: { ca, serverName: "echo.test" } }))).reply, "hello");
  for (const bad of [{}, { ca, serverName: "other.test" }]) {
    const error = await assertRejects(
      () => echo({ tls }, (address) => ({ address, tls: bad, connectTimeout: 3000 })),
      RpcError,
    );
    assertEquals(error.code, Status.UNAVAILABLE);
  }
  await settle();
});

needs(ALL, "TLS: plaintext against TLS fails with UNAVAILABLE, either way round", async () => {
  const { ca, server, serverKey } = await certificates();
  const tls = { cert: server, key: serverKey };
  const ways: [Partial<ServerOptions>, Partial<ClientOptions>][] = [[{ tls }, {}], [{}, { tls: { ca } }]];
  for (const [one, other] of ways) {
    const error = await assertRejects(
      () => echo(one, (address) => ({ address, connectTimeout: 2000, ...other })),
      RpcError,
    );
    assertEquals(error.code, Status.UNAVAILABLE);
  }
  await settle();
});

needs(ALL, "mutual TLS: the handler sees who calls, and a client without a certificate is refused", async () => {
  const { ca, server, serverKey, client, clientKey } = await certificates();
  const tls = { cert: server, key: serverKey, ca };
  const { reply, identity } = await echo(
    { tls },
    (address) => ({ address, tls: { ca, cert: client, key: clientKey, serverName: "echo.test" } }),
  );
  assertEquals([reply, identity], ["hello", "client"]);
  const error = await assertRejects(
    () => echo({ tls }, (address) => ({ address, tls: { ca, serverName: "echo.test" }, connectTimeout: 2000 })),
    RpcError,
  );
  assertEquals(error.code, Status.UNAVAILABLE);
  await settle();
});

needs(ALL, "unix sockets and IPv6 carry calls", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const address = `unix:${folder}/echo.sock`;
    assertEquals((await echo({ address }, () => ({ address }))).reply, "hello");
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
  const { reply, peer } = await echo({ address: "[::1]:0" }, (address) => ({ address }));
  assertEquals(reply, "hello");
  assert(peer.includes("::1"), peer);
});

needs(ALL, "gzip carries calls both ways", async () => {
  const { reply } = await echo({ compression: "gzip" }, (address) => ({ address, compression: "gzip" }));
  assertEquals(reply, "hello");
});

needs(ALL, "a port in use is refused before anything else starts", async () => {
  await using first = createServer({ name: "a", address: "127.0.0.1:0", logger: quiet });
  first.add(EchoService, { echo: () => ({}) });
  await first.start();
  const second = createServer({ name: "b", address: first.address, logger: quiet });
  second.add(EchoService, { echo: () => ({}) });
  const error = await assertRejects(() => second.start(), Deno.errors.AddrInUse);
  assertStringIncludes(error.message, first.address);
});
