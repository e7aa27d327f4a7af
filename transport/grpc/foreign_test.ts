import { assertEquals } from "@std/assert";
import { foreignClient } from "./foreign.ts";

const octets = (hex: string) => Uint8Array.fromHex(hex.replaceAll(" ", ""));

/** First octets of Kitex clients, with their protocols. */
const KITEX = {
  "00 00 00 30 10 00 00 00 00 00 00 01": "TTHeader",
  "00 00 00 30 80 01 00 01 00 00 00 04": "Thrift",
  "80 01 00 01 00 00 00 04 45 63 68 6f": "Thrift",
  "00 00 00 30 90 01 00 01 00 00 00 04": "Kitex Protobuf",
};

Deno.test("a Kitex client that speaks no gRPC is recognized, with TLS and without, and not answered", () => {
  for (const [hex, protocol] of Object.entries(KITEX)) {
    for (const tls of [false, true]) {
      assertEquals(foreignClient(octets(hex), tls), {
        why: `a Kitex client that speaks ${protocol}, not gRPC; give it client.WithTransportProtocol(transport.GRPC)`,
        answer: new Uint8Array(0),
        deaf: true,
      });
    }
  }
  for (const hex of ["", "00", "00 00 00 30 10", "80", "00 00 00 30 11 00"]) {
    assertEquals(foreignClient(octets(hex), false), undefined, hex);
  }
});

Deno.test("TLS is TLS however long its first record is", () => {
  for (let length = 0; length < 1024; length++) {
    const hello = new Uint8Array([22, 3, 1, length >> 8, length & 0xff, 1, 0, 1, 252, 3, 3]);
    assertEquals(foreignClient(hello, true), undefined, `${length}`);
    assertEquals(foreignClient(hello, false)?.why, "TLS on a port without TLS: leave out TLS", `${length}`);
  }
});
