import { assertEquals } from "@std/assert";
import { createLogger } from "../../rpc/logger.ts";
import { type Foreign, foreignClient, RefusalLog } from "./foreign.ts";

const octets = (hex: string) => Uint8Array.fromHex(hex.replaceAll(" ", ""));

/** First octets, and what they are. */
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

Deno.test("a listener warns of those who read no answer once a minute, and of others never", () => {
  const lines: string[] = [];
  const log = new RefusalLog(createLogger("debug", (line) => lines.push(line)));
  const foreign: Foreign = { why: "something else", answer: new Uint8Array(0) };
  for (let i = 0; i < 3; i++) log.refused("192.0.2.1:4", { ...foreign, deaf: true });
  log.refused("192.0.2.1:5", foreign);
  assertEquals(lines.map((line) => /WARN|DEBUG/i.exec(line)?.[0]), ["WARN", "DEBUG", "DEBUG", "DEBUG"]);
});
