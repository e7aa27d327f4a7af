import { assertEquals, assertThrows } from "@std/assert";
import { HpackError } from "./error.ts";
import { huffmanDecode, huffmanEncode, huffmanLength } from "./huffman.ts";
import { CODE_BITS, CODES, EOS } from "./huffman_code.ts";

function encoded(text: string): Uint8Array {
  const buf = new Uint8Array(text.length * 4 + 1);
  return buf.subarray(0, huffmanEncode(text, buf, 0));
}

const decoded = (octets: Uint8Array) => huffmanDecode(octets, 0, octets.length);
const decodedBits = (bits: string) => decoded(Uint8Array.from(bits.match(/.{8}/g)!, (octet) => parseInt(octet, 2)));
const bitsOf = (symbol: number) => CODES[symbol]!.toString(2).padStart(CODE_BITS[symbol]!, "0");

Deno.test("the code has the entries of RFC 7541, appendix B", () => {
  // The first, the last, and those where the length changes in between.
  const entries: [number, number, number][] = [
    [0, 0x1ff8, 13],
    [1, 0x7fffd8, 23],
    [10, 0x3ffffffc, 30],
    [32, 0x14, 6],
    [48, 0x0, 5],
    [92, 0x7fff0, 19],
    [116, 0x9, 5],
    [122, 0x7b, 7],
    [128, 0xfffe6, 20],
    [199, 0x1ffffec, 25],
    [249, 0xffffffe, 28],
    [255, 0x3ffffee, 26],
    [EOS, 0x3fffffff, 30],
  ];
  assertEquals(entries.map(([symbol]) => [symbol, CODES[symbol], CODE_BITS[symbol]]), entries);
});

Deno.test("the code is complete: no bits are left over", () => {
  assertEquals(CODE_BITS.reduce((sum, bits) => sum + 2 ** -bits, 0), 1);
});

for (
  const [text, hex] of [
    ["www.example.com", "f1e3c2e5f23a6ba0ab90f4ff"],
    ["no-cache", "a8eb10649cbf"],
    ["custom-key", "25a849e95ba97d7f"],
    ["custom-value", "25a849e95bb8e8b4bf"],
    ["302", "6402"],
    ["Mon, 21 Oct 2013 20:13:21 GMT", "d07abe941054d444a8200595040b8166e082a62d1bff"],
    ["https://www.example.com", "9d29ad171863c78f0b97c8e9ae82ae43d3"],
    ["", ""],
  ] as const
) {
  Deno.test(`"${text}" is coded as in RFC 7541, appendix C`, () => {
    assertEquals(encoded(text).toHex(), hex);
    assertEquals(decoded(Uint8Array.fromHex(hex)), text);
  });
}

Deno.test("huffmanDecode() returns each octet, at each bit offset", () => {
  for (let octet = 0; octet < 256; octet++) {
    for (let before = 0; before < 8; before++) { // "0" has 5 bits, so 8 of them start at each of the 8 bit positions
      const text = "0".repeat(before) + String.fromCharCode(octet) + "e";
      const octets = encoded(text);
      assertEquals(decoded(octets), text);
      assertEquals(huffmanLength(text), octets.length);
    }
  }
});

Deno.test("huffmanDecode() returns texts longer than its buffer", () => {
  const text = Array.from({ length: 20_000 }, (_, i) => String.fromCharCode(i * 7 & 0xff)).join("");
  assertEquals(decoded(encoded(text)), text);
  assertEquals(decoded(encoded("0".repeat(4095))), "0".repeat(4095));
});

Deno.test("huffmanDecode() rejects EOS, also within an otherwise valid text", () => {
  const eos = bitsOf(EOS);
  assertThrows(() => decodedBits(eos + "11"), HpackError, "end-of-string");
  assertThrows(() => decodedBits(bitsOf(0x30) + eos + bitsOf(0x30)), HpackError, "end-of-string");
});

Deno.test("huffmanDecode() rejects 8 or more bits of padding", () => {
  assertEquals(decodedBits(bitsOf(0x21) + "111111"), "!"); // 10 bits
  assertEquals(decodedBits(bitsOf(0x2c) + bitsOf(0x42) + bitsOf(0x21) + "1111111"), ",B!");
  assertThrows(() => decodedBits("11111111"), HpackError, "padding");
  assertThrows(() => decodedBits(bitsOf(0x26) + "11111111"), HpackError, "padding"); // "&" has 8 bits
  assertThrows(() => decodedBits("1".repeat(24)), HpackError, "padding");
});

Deno.test("huffmanDecode() rejects padding that is not all ones", () => {
  for (const padding of ["110", "011", "000"]) {
    assertEquals(padding.length, 3);
    assertThrows(() => decodedBits("00000" + padding), HpackError, "padding"); // "0" has 5 bits
  }
});

Deno.test("huffmanLength() is never shorter than a text that can't be coded", () => {
  for (const char of ["\u0100", "\u0161", "\u4e2d"]) assertEquals(huffmanLength("aaaaaaaa" + char), Infinity);
});
