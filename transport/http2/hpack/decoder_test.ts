import { assert, assertEquals, assertNotStrictEquals, assertStrictEquals, assertThrows } from "@std/assert";
import { HpackDecoder, type HpackDecoderOptions } from "./decoder.ts";
import { HpackError } from "./error.ts";
import type { FieldList } from "./field_list.ts";

const newDecoder = (options?: Partial<HpackDecoderOptions>) =>
  new HpackDecoder({ maxTableBytes: 4096, maxListBytes: 65536, maxFields: 1000, ...options });

function decode(decoder: HpackDecoder, hex: string): FieldList {
  const block = Uint8Array.fromHex(hex.replaceAll(" ", ""));
  const buf = new Uint8Array(block.length + 5).fill(0x80); // octets that no block may start or continue with
  buf.set(block, 2);
  return decoder.decode(buf, 2, 2 + block.length);
}

/** Returns the content of the dynamic table, the newest entry first, decoded index by index. */
function tableOf(decoder: HpackDecoder): string[] {
  const found: string[] = [];
  for (let index = 62; index < 127; index++) {
    try {
      found.push(decode(decoder, (0x80 | index).toString(16)).join(": "));
    } catch (error) {
      assert(error instanceof HpackError, String(error));
      break;
    }
  }
  return found;
}

const lines = (fields: FieldList) =>
  Array.from({ length: fields.length / 2 }, (_, i) => `${fields[2 * i]}: ${fields[2 * i + 1]}`);

interface Example {
  hex: string;
  fields: string[];
  table: string[];
}

const GET = [":method: GET", ":scheme: http", ":path: /", ":authority: www.example.com"];
const REQUESTS: Omit<Example, "hex">[] = [
  { fields: GET, table: [":authority: www.example.com"] },
  {
    fields: [...GET, "cache-control: no-cache"],
    table: ["cache-control: no-cache", ":authority: www.example.com"],
  },
  {
    fields: [":method: GET", ":scheme: https", ":path: /index.html", GET[3]!, "custom-key: custom-value"],
    table: ["custom-key: custom-value", "cache-control: no-cache", ":authority: www.example.com"],
  },
];

const AT_21 = "date: Mon, 21 Oct 2013 20:13:21 GMT";
const AT_22 = "date: Mon, 21 Oct 2013 20:13:22 GMT";
const PRIVATE = "cache-control: private";
const PLACE = "location: https://www.example.com";
const GZIP = "content-encoding: gzip";
const COOKIE = "set-cookie: foo=ASDJKHQKBZXOQWEOPIUAXQWEOIU; max-age=3600; version=1";
const RESPONSES: Omit<Example, "hex">[] = [
  { fields: [":status: 302", PRIVATE, AT_21, PLACE], table: [PLACE, AT_21, PRIVATE, ":status: 302"] },
  { fields: [":status: 307", PRIVATE, AT_21, PLACE], table: [":status: 307", PLACE, AT_21, PRIVATE] },
  { fields: [":status: 200", PRIVATE, AT_22, PLACE, GZIP, COOKIE], table: [COOKIE, GZIP, AT_22] },
];

const WIRE: Record<string, [maxTableBytes: number, examples: Omit<Example, "hex">[], hex: string[]]> = {
  "C.2.1": [4096, [{ fields: ["custom-key: custom-header"], table: ["custom-key: custom-header"] }], [
    "400a637573746f6d2d6b65790d637573746f6d2d686561646572",
  ]],
  "C.2.2": [4096, [{ fields: [":path: /sample/path"], table: [] }], ["040c2f73616d706c652f70617468"]],
  "C.2.3": [4096, [{ fields: ["password: secret"], table: [] }], ["100870617373776f726406736563726574"]],
  "C.2.4": [4096, [{ fields: [":method: GET"], table: [] }], ["82"]],
  "C.3": [4096, REQUESTS, [
    "828684410f7777772e6578616d706c652e636f6d",
    "828684be58086e6f2d6361636865",
    "828785bf400a637573746f6d2d6b65790c637573746f6d2d76616c7565",
  ]],
  "C.4": [4096, REQUESTS, [
    "828684418cf1e3c2e5f23a6ba0ab90f4ff",
    "828684be5886a8eb10649cbf",
    "828785bf408825a849e95ba97d7f8925a849e95bb8e8b4bf",
  ]],
  "C.5": [256, RESPONSES, [
    "4803333032580770726976617465611d4d6f6e2c203231204f637420323031332032303a31333a323120474d54" +
    "6e1768747470733a2f2f7777772e6578616d706c652e636f6d",
    "4803333037c1c0bf",
    "88c1611d4d6f6e2c203231204f637420323031332032303a31333a323220474d54c05a04677a6970" +
    "7738666f6f3d4153444a4b48514b425a584f5157454f50495541585157454f49553b206d61782d6167653d333630303b2076657273696f6e3d31",
  ]],
  "C.6": [256, RESPONSES, [
    "488264025885aec3771a4b6196d07abe941054d444a8200595040b8166e082a62d1bff6e919d29ad171863c78f0b97c8e9ae82ae43d3",
    "4883640effc1c0bf",
    "88c16196d07abe941054d444a8200595040b8166e084a62d1bffc05a839bd9ab" +
    "77ad94e7821dd7f2e6c7b335dfdfcd5b3960d5af27087f3672c1ab270fb5291f9587316065c003ed4ee5b1063d5007",
  ]],
};

for (const [name, [maxTableBytes, examples, wire]] of Object.entries(WIRE)) {
  Deno.test(`HpackDecoder decodes RFC 7541, ${name}, and has its table after each block`, () => {
    const decoder = newDecoder({ maxTableBytes });
    examples.forEach(({ fields, table }, i) => {
      assertEquals(lines(decode(decoder, wire[i]!)), fields);
      assertEquals(tableOf(decoder), table);
    });
  });
}

Deno.test("HpackDecoder keeps octets above 127 as they are", () => {
  const octets = Array.from({ length: 256 }, (_, i) => i);
  const value = String.fromCharCode(...octets);
  const decoder = newDecoder();
  assertEquals(decode(decoder, "0001617f8101" + new Uint8Array(octets).toHex()), ["a", value]); // long: in one piece
  for (const part of [0, 0x78, 0xf4]) { // short: octet by octet
    assertEquals(
      decode(decoder, "0001610b" + new Uint8Array(octets.slice(part, part + 11)).toHex())[1],
      value.slice(part, part + 11),
    );
  }
});

Deno.test("HpackDecoder decodes an empty block, and empty names and values", () => {
  assertEquals(decode(newDecoder(), ""), []);
  assertEquals(decode(newDecoder(), "000000 4000 80"), ["", "", "", ""]);
});

for (
  const [name, hex, message] of [
    ["index 0", "80", "index 0"],
    ["an index past the table", "be", "index 62"],
    ["an index far past the table", "ffffffff7f", "the dynamic table has 0 entries"],
    ["a name's index past the table", "7e0161", "index 62"],
    ["a block that ends before a value", "4001610161 4001", "has 0 more"],
    ["a block that ends before a value's length", "4001 61", "ends inside a field"],
    ["a block that ends within a value", "4001610561", "a text of 5 octets, where the header block has 1 more"],
    ["a text of almost 2^31 octets", "40017f 7f80ffffff07", "a text of 2147483647 octets"],
    ["a block that ends within an index", "82ff", "ends inside an integer"],
    ["a size update after a field", "8220", "after a field"],
    ["a size update above our limit", "3fe21f", "to 4097 bytes, where at most 4096 are allowed"],
    ["Huffman padding of zeros", "0001618100", "padding"],
  ] as const
) {
  Deno.test(`HpackDecoder rejects ${name}`, () => {
    assertThrows(() => decode(newDecoder(), hex), HpackError, message);
  });
}

Deno.test("HpackDecoder resizes its table as the beginning of the block requests", () => {
  const decoder = newDecoder();
  decode(decoder, "400161013 1 400162013 2".replaceAll(" ", ""));
  assertEquals(tableOf(decoder), ["b: 2", "a: 1"]);
  assertEquals(decode(decoder, "3f0f be"), ["b", "2"]); // 46 bytes
  assertEquals(tableOf(decoder), ["b: 2"]);
  assertEquals(decode(decoder, "20 3fe11f 40016301 33"), ["c", "3"]); // to 0, then to 4096
  assertEquals(tableOf(decoder), ["c: 3"]);
});

Deno.test("HpackDecoder keeps at most maxListBytes, and its table stays correct", () => {
  const decoder = newDecoder({ maxListBytes: 102 });
  const block = "40016101 31 40016201 32 40016301 33 40016401 34";
  assertEquals([lines(decode(decoder, block)), decoder.exceeded], [["a: 1", "b: 2", "c: 3"], true]);
  assertEquals(tableOf(decoder), ["d: 4", "c: 3", "b: 2", "a: 1"]);
  assertEquals([lines(decode(decoder, "bebf")), decoder.exceeded], [["d: 4", "c: 3"], false]);
});

Deno.test("HpackDecoder skips all fields after one that is too large", () => {
  const decoder = newDecoder({ maxListBytes: 102 });
  const large = "00016178" + "31".repeat(120);
  assertEquals([lines(decode(decoder, "82" + large + "82")), decoder.exceeded], [[":method: GET"], true]);
});

Deno.test("HpackDecoder keeps at most maxFields", () => {
  const decoder = newDecoder({ maxFields: 3 });
  assertEquals([decode(decoder, "828282").length, decoder.exceeded], [6, false]);
  assertEquals([decode(decoder, "82828282").length, decoder.exceeded], [6, true]);
  assertEquals([decode(decoder, "82828282").length, decoder.exceeded], [6, true]); // not remembered as a good one
  assertEquals([decode(decoder, "828282").length, decoder.exceeded], [6, false]);
});

Deno.test("HpackDecoder keeps a few fields of a bomb: a megabyte of references to a large entry", () => {
  const decoder = newDecoder({ maxListBytes: 8192, maxFields: 100 });
  decode(decoder, "4001617f a11e" + "62".repeat(4000));
  const bomb = new Uint8Array(1 << 20).fill(0xbe);
  const fields = decoder.decode(bomb, 0, bomb.length);
  assertEquals([fields.length, decoder.exceeded], [4, true]);
  assertStrictEquals(fields[1], fields[3]);
});

Deno.test("HpackDecoder returns the same list for the same indexed block", () => {
  const decoder = newDecoder();
  decode(decoder, "4001610131");
  const [head, trailers] = [decode(decoder, "82be"), decode(decoder, "88")];
  assertStrictEquals(decode(decoder, "82be"), head);
  assertStrictEquals(decode(decoder, "88"), trailers);
  assertEquals(decode(decoder, "82be88").length, 6); // the block and more is another block
});

Deno.test("HpackDecoder decodes a cached block again once the table has changed", () => {
  const decoder = newDecoder();
  decode(decoder, "4001610131");
  const before = decode(decoder, "82be");
  decode(decoder, "4001620132");
  assertEquals(lines(decode(decoder, "82be")), [":method: GET", "b: 2"]);
  assertEquals(lines(before), [":method: GET", "a: 1"]);
  decode(decoder, "20"); // an empty table
  assertThrows(() => decode(decoder, "82be"), HpackError, "index 62");
});

Deno.test("HpackDecoder does not cache a block that changes the table, but caches one with other literals", () => {
  const decoder = newDecoder();
  for (const block of ["82 4001610131", "3fe11f 82"]) {
    assertNotStrictEquals(decode(decoder, block), decode(decoder, block));
  }
  for (const block of ["82 0001610131", "82 1001610131"]) {
    assertStrictEquals(decode(decoder, block), decode(decoder, block));
  }
});

Deno.test("HpackDecoder caches blocks of up to 128 octets, and distinguishes longer ones with the same beginning", () => {
  const decoder = newDecoder();
  const long = "82".repeat(128);
  assertStrictEquals(decode(decoder, long), decode(decoder, long));
  const known = decode(decoder, long);
  assertEquals(decode(decoder, long + "84").at(-1), "/");
  assertEquals(decode(decoder, long + "88").at(-1), "200");
  assertStrictEquals(decode(decoder, long), known); // the longer blocks have not replaced it
});
