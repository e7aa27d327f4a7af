import { assert, assertEquals } from "@std/assert";
import { HpackDecoder } from "./decoder.ts";
import { HpackEncoder } from "./encoder.ts";
import type { FieldList } from "./field_list.ts";

function encode(encoder: HpackEncoder, fields: FieldList): string {
  const bound = encoder.bound(fields);
  const buf = new Uint8Array(bound + 3).fill(0xee);
  const end = encoder.encode(fields, buf, 3);
  assert(end <= 3 + bound, `${end - 3} octets, where at most ${bound} were foretold`);
  assertEquals(buf.subarray(end).every((octet) => octet === 0xee), true);
  return buf.subarray(3, end).toHex();
}

const newDecoder = () => new HpackDecoder({ maxTableBytes: 1 << 16, maxListBytes: 1 << 24, maxFields: 10_000 });

function decode(decoder: HpackDecoder, hex: string): FieldList {
  const block = Uint8Array.fromHex(hex);
  return decoder.decode(block, 0, block.length);
}

const GET = [":method", "GET", ":scheme", "http", ":path", "/", ":authority", "www.example.com"];

Deno.test("HpackEncoder writes the blocks of RFC 7541, C.4", () => {
  const encoder = new HpackEncoder();
  assertEquals(encode(encoder, GET), "828684418cf1e3c2e5f23a6ba0ab90f4ff");
  assertEquals(encode(encoder, [...GET, "cache-control", "no-cache"]), "828684be5886a8eb10649cbf");
  const https = [":method", "GET", ":scheme", "https", ":path", "/index.html", ":authority", "www.example.com"];
  assertEquals(
    encode(encoder, [...https, "custom-key", "custom-value"]),
    "828785bf408825a849e95ba97d7f8925a849e95bb8e8b4bf",
  );
});

Deno.test("HpackEncoder writes one octet for each repeated field", () => {
  const encoder = new HpackEncoder();
  const head = [":status", "200", "content-type", "application/grpc"];
  encode(encoder, head);
  encode(encoder, ["grpc-status", "0"]);
  assertEquals(encode(encoder, [...head]), "88bf");
  assertEquals(encode(encoder, ["grpc-status", "0"]), "be");
});

Deno.test("HpackEncoder caches a list until the table changes", () => {
  const encoder = new HpackEncoder();
  const decoder = newDecoder();
  const head = [":status", "200", "content-type", "application/grpc"];
  const wire: string[] = [];
  for (const fields of [head, head, head, ["x", "1"], head, head, ["grpc-timeout", "1S"], head, head]) {
    wire.push(encode(encoder, fields));
    assertEquals(decode(decoder, wire.at(-1)!), fields);
  }
  assertEquals(wire.filter((_, i) => i > 0 && i !== 3 && i !== 6), ["88be", "88be", "88bf", "88bf", "88c0", "88c0"]);
});

Deno.test("HpackEncoder indexes the name of a field that varies, and never its later values", () => {
  const encoder = new HpackEncoder();
  const decoder = newDecoder();
  decode(decoder, encode(encoder, ["x-first", "1", "grpc-timeout", "100m"]));
  for (let i = 200; i < 300; i++) {
    const hex = encode(encoder, ["grpc-timeout", `${i}m`]);
    assertEquals(hex.slice(0, 6), "0f2f04"); // without indexing, name 62, 4 octets
    assertEquals(decode(decoder, hex), ["grpc-timeout", `${i}m`]);
  }
  assertEquals(encode(encoder, ["x-first", "1"]), "bf");
});

Deno.test("HpackEncoder sends secrets as never indexed", () => {
  const encoder = new HpackEncoder();
  for (
    const [name, first] of [["authorization", "1f08"], ["cookie", "1f11"], ["proxy-authorization", "1f22"], [
      "set-cookie",
      "1f28",
    ]] as const
  ) {
    for (let i = 0; i < 2; i++) assertEquals(encode(encoder, [name, "abc"]), `${first}03616263`);
  }
  assertEquals(encode(encoder, ["x", "1"]).slice(0, 2), "40");
  assertEquals(encode(encoder, ["x", "1"]), "be"); // the first entry of the table
});

Deno.test("HpackEncoder does not index an entry of more than a quarter of the table", () => {
  const encoder = new HpackEncoder();
  const most = "a".repeat(1024 - 32 - 1);
  for (const [value, again] of [[most, true], [most + "a", false]] as const) {
    encode(encoder, ["x", value]);
    assertEquals(encode(encoder, ["x", value]).length === 2, again);
  }
});

Deno.test("HpackEncoder uses Huffman for texts that enter the table, if that is shorter", () => {
  const encoder = new HpackEncoder();
  assertEquals(encode(encoder, [":path", "aaaaaaaa"]), "4485" + "18c6318c63");
  assertEquals(encode(encoder, [":path", "{}{}{}{}"]), "4408" + "7b7d7b7d7b7d7b7d");
  assertEquals(encode(encoder, [":path", "aaaa"]), "4404" + "61616161");
  assertEquals(encode(encoder, ["cookie", "aaaaaaaa"]), "1f1108" + "6161616161616161");
});

Deno.test("HpackEncoder sends one octet for each character of any text", () => {
  const decoder = newDecoder();
  const encoder = new HpackEncoder();
  const all = Array.from({ length: 256 }, (_, i) => String.fromCharCode(i)).join("");
  assertEquals(decode(decoder, encode(encoder, ["x", all, all, "y"])), ["x", all, all, "y"]);
  // U+010A ends in the octet of a line feed.
  assertEquals(decode(decoder, encode(encoder, ["z", "aaaaaaaa\u010a\u4e2d\u0100"])), ["z", "aaaaaaaa???"]);
});

for (
  const [name, sizes, hex] of [
    ["a smaller table", [1000], "3fc907"],
    ["no table", [0], "20"],
    ["nothing for what is the default", [4096], ""],
    ["nothing for more than it uses", [65536], ""],
    ["the last of several sizes that only fall", [2000, 1000], "3fc907"],
    ["the lowest size in between and the last", [1000, 0, 2000], "203fb10f"],
    ["the lowest size even if the last is the one before", [0, 65536], "203fe11f"],
  ] as const
) {
  Deno.test(`HpackEncoder begins the next block with ${name}: ${sizes.join(", ")}`, () => {
    const encoder = new HpackEncoder();
    encode(encoder, ["x", "1"]);
    for (const size of sizes) encoder.setPeerTableBytes(size);
    assertEquals(encode(encoder, [":method", "GET"]), hex + "82");
    assertEquals(encode(encoder, [":method", "GET"]), "82");
  });
}

Deno.test("HpackEncoder uses a larger table once the peer allows it", () => {
  const encoder = new HpackEncoder(8192);
  assertEquals(encode(encoder, []), "");
  encoder.setPeerTableBytes(65536);
  assertEquals(encode(encoder, []), "3fe13f");
});

Deno.test("HpackEncoder announces a table below the default size at once", () => {
  const encoder = new HpackEncoder(0);
  assertEquals(encode(encoder, ["x", "1"]), "20" + "0001780131");
  assertEquals(encode(encoder, ["x", "1"]), "0001780131");
});

Deno.test("HpackEncoder uses no name or value that its table has evicted", () => {
  const encoder = new HpackEncoder();
  const decoder = newDecoder();
  for (let round = 0; round < 3; round++) {
    for (let i = 0; i < 500; i++) {
      const fields = [`name-${i}`, String(i % 7), "shared", String(i), "traceparent", `${round}-${i}`];
      assertEquals(decode(decoder, encode(encoder, fields)), fields);
    }
  }
});
