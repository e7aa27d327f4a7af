import { assert, assertEquals, assertRejects } from "@std/assert";
import { createClient, RpcError, Status } from "../../mod.ts";
import { makeAuthority } from "../certificates.ts";
import { needs } from "../needs.ts";
import { until } from "../observe.ts";
import { Kinds } from "../proto/kinds.ts";
import { callOnAndOn, siege, SIEGE_PERMISSIONS, startVictim, TRANSPORT } from "./siege.ts";
import * as h2 from "./wire.ts";
import { transportOf } from "../transport_of.ts";

const ALL: Deno.PermissionDescriptor[] = [...SIEGE_PERMISSIONS, { name: "write" }];
const quiet = { debug() {}, info() {}, warn() {}, error() {} };
const bytes = (text: string) => new TextEncoder().encode(text);

/** All that a peer says until it hangs up. */
async function saysUntilItCloses(wire: h2.Wire): Promise<string> {
  await until(() => wire.isClosed, "the server hangs up", 5000);
  const frames = wire.frames.map(({ payload }) => new TextDecoder().decode(payload));
  return frames.join("") + new TextDecoder().decode(wire.rest);
}

/** The start of a TLS 1.2 record with a ClientHello. */
const CLIENT_HELLO = h2.join(new Uint8Array([22, 3, 1, 2, 0, 1, 0, 1, 0xfc, 3, 3]), new Uint8Array(506).fill(7));

for (const line of ["GET / HTTP/1.1\r\nHost: x\r\n\r\n", "POST /a HTTP/1.1\r\n", "GET / HTTP/1.0\r\n\r\n"]) {
  needs(SIEGE_PERMISSIONS, `${line.split("\r")[0]} gets an HTTP/1.1 answer that explains the error`, async () => {
    await siege(async ({ address }) => {
      using wire = await h2.Wire.connect(address, bytes(line));
      const answer = await saysUntilItCloses(wire);
      assert(/^HTTP\/1\.1 4\d\d /.test(answer), answer);
      assert(/HTTP\/2/.test(answer) && /gRPC/.test(answer), answer);
      assert(/\r\nconnection: close\r\n/i.test(answer), answer);
    });
  });
}

needs(SIEGE_PERMISSIONS, "TLS on a plaintext port gets an alert at once", async () => {
  await siege(async ({ address }) => {
    using wire = await h2.Wire.connect(address, CLIENT_HELLO, { preface: 1 << 20 });
    await until(() => wire.isClosed, "the server hangs up", 5000);
    assert(wire.received > 0, "it says something");
  });
});

needs(
  SIEGE_PERMISSIONS,
  "a Kitex client that speaks TTHeader is disconnected, and the log names the option for it",
  async () => {
    await siege(async ({ address, log }) => {
      for (let i = 0; i < 2; i++) {
        using wire = await h2.Wire.connect(address, new Uint8Array([0, 0, 0, 48, 16, 0, 0, 0, 0, 0, 0, 1]));
        assertEquals(await saysUntilItCloses(wire), "");
      }
      const remedy = "client.WithTransportProtocol(transport.GRPC)";
      await until(() => log().includes(remedy), "the log has the remedy", 5000);
      assertEquals(log().split(remedy).length - 1, 1);
    });
  },
);

needs(SIEGE_PERMISSIONS, "bytes that are no protocol at all are hung up on", async () => {
  await siege(async ({ address }) => {
    for (
      const noise of ["\0".repeat(30), "PRI * HTTP/2.0\r\n\r\nXX\r\n\r\n", "SSH-2.0-OpenSSH_9.6\r\n", "x".repeat(30)]
    ) {
      using wire = await h2.Wire.connect(address, bytes(noise));
      await until(() => wire.isClosed, `the server hangs up on ${JSON.stringify(noise)}`, 5000);
    }
  });
});

needs(ALL, "a kit client with TLS at a plaintext port gets an error that explains it", async () => {
  await using authority = await makeAuthority();
  const { ca } = authority;
  await siege(async ({ address }) => {
    await using client = createClient(Kinds, {
      address,
      transport: transportOf(TRANSPORT),
      tls: { ca },
      logger: quiet,
    });
    const error = await assertRejects(() => client.unary({}), RpcError);
    assertEquals(error.code, Status.UNAVAILABLE);
    assert(/TLS|plaintext/i.test(error.message), error.message);
  });
});

needs(ALL, "a TLS port outlives plaintext, halves of handshakes and strangers' ALPN, and serves others", async () => {
  await using authority = await makeAuthority();
  const { ca } = authority;
  const tls = await authority.sign("server", "subjectAltName=IP:127.0.0.1");
  await using victim = await startVictim({ limits: { handshakeTimeout: 500 }, server: { tls } });
  const { address } = victim;
  await using bystander = callOnAndOn(address, { tls: { ca } });
  await bystander.some(3);
  for (const hello of [h2.join(h2.PREFACE, h2.settings()), bytes("GET / HTTP/1.1\r\nHost: x\r\n\r\n"), CLIENT_HELLO]) {
    using wire = await h2.Wire.connect(address, hello, { preface: 1 << 20 });
    await until(() => wire.isClosed, "the server hangs up", 5000);
  }
  const slow = await Promise.all(Array.from({ length: 50 }, () => h2.Wire.connect(address, CLIENT_HELLO.slice(0, 50))));
  await until(() => slow.every(({ isClosed }) => isClosed), "the server hangs up on half handshakes", 5000);
  for (const wire of slow) wire[Symbol.dispose]();
  for (const alpnProtocols of [["http/1.1"], []]) {
    const conn = await Deno.connectTls({ ...hostAndPort(address), caCerts: [ca], alpnProtocols });
    try {
      await conn.write(bytes("GET / HTTP/1.1\r\nHost: x\r\n\r\n"));
      const { length } = await new Response(conn.readable).text();
      assert(length > 0, "it says what is wrong");
    } catch (error) {
      assert(/alert|close_notify|reset|broken/i.test(String(error)), String(error)); // refused in the handshake
    } finally {
      try {
        conn.close();
      } catch {
        // reading to the end has closed it
      }
    }
  }
  await bystander.some(3);
  await bystander.stop();
  await using plain = createClient(Kinds, {
    address,
    transport: transportOf(TRANSPORT),
    logger: quiet,
    connectTimeout: 3000,
  });
  const error = await assertRejects(() => plain.unary({}), RpcError);
  assertEquals(error.code, Status.UNAVAILABLE);
  assert(victim.alive(), victim.log());
});

function hostAndPort(address: string): { hostname: string; port: number } {
  const [hostname = "", port] = address.split(":");
  return { hostname, port: Number(port) };
}
