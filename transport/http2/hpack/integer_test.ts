import { assertEquals, assertThrows } from "@std/assert";
import { HpackError } from "./error.ts";
import { Cursor, readInteger, writeInteger } from "./integer.ts";

function read(octets: number[], mask: number): { value: number; pos: number } {
  const cursor = new Cursor();
  cursor.buf = new Uint8Array(octets);
  cursor.end = octets.length;
  cursor.pos = 1;
  return { value: readInteger(cursor, octets[0]!, mask), pos: cursor.pos };
}

function written(value: number, first: number, mask: number): number[] {
  const buf = new Uint8Array(8);
  return [...buf.subarray(0, writeInteger(value, first, mask, buf, 0))];
}

for (
  const [name, value, mask, octets] of [
    ["C.1.1", 10, 0x1f, [0b01010]],
    ["C.1.2", 1337, 0x1f, [0b11111, 0b10011010, 0b00001010]],
    ["C.1.3", 42, 0xff, [0b00101010]],
  ] as const
) {
  Deno.test(`readInteger() and writeInteger() agree with RFC 7541, ${name}`, () => {
    assertEquals(read([...octets], mask), { value, pos: octets.length });
    assertEquals(written(value, 0, mask), [...octets]);
  });
}

Deno.test("readInteger() reads what writeInteger() writes, up to 2^31-1 and for each prefix", () => {
  const values = [
    0,
    1,
    14,
    15,
    16,
    127,
    128,
    254,
    255,
    256,
    16383,
    16384,
    2 ** 21,
    2 ** 28 + 126,
    2 ** 31 - 2,
    2 ** 31 - 1,
  ];
  for (const mask of [0x0f, 0x1f, 0x3f, 0x7f]) {
    for (const value of values) {
      const octets = written(value, 0x80, mask);
      assertEquals(read(octets, mask), { value, pos: octets.length });
      assertEquals(octets[0]! & ~mask, 0x80);
    }
  }
});

Deno.test("readInteger() rejects 2^31 in any encoding", () => {
  assertThrows(() => read([0x7f, 0x81, 0xff, 0xff, 0xff, 0x07], 0x7f), HpackError, "more than 2147483647");
  assertThrows(() => read([0x7f, 0xff, 0xff, 0xff, 0xff, 0x7f], 0x7f), HpackError, "more than 2147483647");
});

Deno.test("readInteger() rejects an endless integer", () => {
  assertThrows(() => read([0x7f, ...new Array(1000).fill(0x80), 0], 0x7f), HpackError, "more than 5 octets");
  assertThrows(() => read([0x7f, 0x80, 0x80, 0x80, 0x80, 0x80, 0x00], 0x7f), HpackError, "more than 5 octets");
  assertEquals(read([0x7f, 0x80, 0x80, 0x80, 0x80, 0x00], 0x7f), { value: 127, pos: 6 });
});

Deno.test("readInteger() rejects an incomplete integer", () => {
  assertThrows(() => read([0x7f], 0x7f), HpackError, "ends inside an integer");
  assertThrows(() => read([0x7f, 0x80], 0x7f), HpackError, "ends inside an integer");
});
