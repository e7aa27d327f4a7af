import { assertEquals, assertMatch } from "@std/assert";
import { wrongProtocolOfClient, wrongProtocolOfServer } from "./wrong_protocol.ts";

const utf8 = (text: string) => new TextEncoder().encode(text);
const octets = (hex: string) => Uint8Array.fromHex(hex.replaceAll(" ", ""));

/** First octets of Kitex clients, with their protocols. */
const KITEX = {
  "00 00 00 30 10 00 00 00 00 00 00 01": "TTHeader",
  "00 00 00 30 80 01 00 01 00 00 00 04": "Thrift",
  "80 01 00 01 00 00 00 04 45 63 68 6f": "Thrift",
  "00 00 00 30 90 01 00 01 00 00 00 04": "Kitex Protobuf",
};

Deno.test("a Kitex client without gRPC is recognized, with TLS and without, and gets no response", () => {
  for (const [hex, protocol] of Object.entries(KITEX)) {
    for (const tls of [false, true]) {
      assertEquals(wrongProtocolOfClient(octets(hex), tls), {
        why: `a Kitex client that speaks ${protocol}, not gRPC; give it client.WithTransportProtocol(transport.GRPC)`,
        answer: new Uint8Array(0),
        onlyLogged: true,
      });
    }
  }
  for (const hex of ["", "00", "00 00 00 30 10", "80", "00 00 00 30 11 00"]) {
    assertEquals(wrongProtocolOfClient(octets(hex), false), undefined, hex);
  }
});

Deno.test("TLS is recognized whatever the length of its first record", () => {
  for (let length = 0; length < 1024; length++) {
    const hello = new Uint8Array([22, 3, 1, length >> 8, length & 0xff, 1, 0, 1, 252, 3, 3]);
    assertEquals(wrongProtocolOfClient(hello, true), undefined, `${length}`);
    assertEquals(wrongProtocolOfClient(hello, false)?.why, "TLS on a port without TLS: leave out TLS", `${length}`);
  }
});

Deno.test("a client of another protocol gets a response in that protocol; a possibly valid client does not", () => {
  const text = (first: Uint8Array, tls: boolean) => wrongProtocolOfClient(first, tls)?.why;
  const preface = utf8("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
  for (let end = 1; end <= preface.length; end++) assertEquals(text(preface.subarray(0, end), false), undefined);
  assertMatch(text(utf8("GET / HTTP/1.1\r\n"), false)!, /HTTP\/1.1 on a port for gRPC: it speaks HTTP\/2 without TLS/);
  assertMatch(text(utf8("POST /x HTTP/1.1\r\n"), true)!, /it speaks TLS and HTTP\/2/);
  const hello = new Uint8Array([22, 3, 1, 2]);
  assertMatch(text(hello, false)!, /TLS on a port without TLS/);
  assertEquals(text(hello, true), undefined);
  assertMatch(text(preface, true)!, /plaintext on a TLS port/);
  assertMatch(text(utf8("\0\0"), true)!, /no TLS/);
  assertMatch(new TextDecoder().decode(wrongProtocolOfClient(hello, false)!.answer), /^HTTP\/1\.1 400 /);
});

Deno.test("a server of another protocol is recognized", () => {
  assertEquals(wrongProtocolOfServer(new Uint8Array([21, 3, 3, 0, 2]))?.kind, "tls");
  const { kind, text } = wrongProtocolOfServer(utf8("HTTP/1.1 400 Bad\r\n\r\nno such thing"))!;
  assertEquals(kind, "unusable");
  assertMatch(text, /not a gRPC server: "no such thing"/);
  assertEquals(wrongProtocolOfServer(new Uint8Array([0, 0, 0, 4, 0])), undefined);
});
