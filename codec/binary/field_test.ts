import { assertEquals, assertThrows } from "@std/assert";
import type { Init } from "../../rpc/service.ts";
import { All, Color, Inherited, Scalars } from "../../tests/proto/all.ts";

const NONE = Scalars.decode(new Uint8Array());

const encoded = (value: Init<Scalars>) => Scalars.encode(value).toHex();
const decoded = (hex: string) => Scalars.decode(Uint8Array.fromHex(hex));
const all = (hex: string) => All.decode(Uint8Array.fromHex(hex));

/** Values and their bytes, put together by hand after https://protobuf.dev/programming-guides/encoding/ */
const WIRE: [what: string, value: Init<Scalars>, hex: string][] = [
  ["a double", { aDouble: 0.5 }, "09000000000000e03f"],
  ["-0, which is no default", { aDouble: -0 }, "090000000000000080"],
  ["a float", { aFloat: 1.5 }, "150000c03f"],
  ["an int32, in ten bytes if negative", { anInt32: -2 }, "18feffffffffffffffff01"],
  ["an int64", { anInt64: -(2n ** 63n) }, "2080808080808080808001"],
  ["an int64 beyond the integers of a double", { anInt64: 2n ** 53n + 1n }, "208180808080808010"],
  ["a uint32", { aUint32: 2 ** 32 - 1 }, "28ffffffff0f"],
  ["a uint64", { aUint64: 2n ** 64n - 1n }, "30ffffffffffffffffff01"],
  ["a sint32", { aSint32: -(2 ** 31) }, "38ffffffff0f"],
  ["a sint64", { aSint64: -(2n ** 63n) }, "40ffffffffffffffffff01"],
  ["a small sint64", { aSint64: -1n }, "4001"],
  ["a fixed32", { aFixed32: 2 ** 32 - 1 }, "4dffffffff"],
  ["a fixed64", { aFixed64: 2n ** 64n - 2n }, "51feffffffffffffff"],
  ["a sfixed32", { aSfixed32: -3 }, "5dfdffffff"],
  ["a sfixed64", { aSfixed64: -4n }, "61fcffffffffffffff"],
  ["a list of doubles, packed", { doubles: [0.5, Infinity] }, "a20110000000000000e03f000000000000f07f"],
  ["a list of sint64, packed", { sint64s: [-1n, 1n] }, "aa01020102"],
  ["a list of texts", { strings: ["", "é"] }, "ba0100ba0102c3a9"],
  ["a list of enums, with one that is not known", { colors: [Color.COLOR_RED, 7 as Color] }, "ca01020107"],
  ["a list that is not packed", { unpacked: [1, -1] }, "d80101d801ffffffffffffffffff01"],
  ["a map of int32", { byInt32: new Map([[-1, new Uint8Array([1])]]) }, "f2010e08ffffffffffffffffff01120101"],
  ["a map of messages", { byUint64: new Map([[1n, { id: 2n }]]) }, "820206080112021002"],
  ["a map of fixed64", { byFixed64: new Map([[2n ** 64n - 1n, true]]) }, "a2020b09ffffffffffffffff1001"],
  ["a map's default key and value", { byFixed64: new Map([[0n, false]]) }, "a2020b0900000000000000001000"],
  [
    "presence, also of defaults",
    { maybeInt64: 0n, maybeBytes: new Uint8Array(), maybeColor: Color.COLOR_NONE, maybeBool: false },
    "c00200ca0200d00200d80200",
  ],
];

for (const [what, value, hex] of WIRE) {
  Deno.test(`encode() and decode() agree on ${what}`, () => {
    assertEquals(encoded(value), hex);
    assertEquals(decoded(hex), { ...NONE, ...value } as Scalars);
  });
}

Deno.test("encode() sends no default where there is no presence", () => {
  assertEquals(encoded(NONE), "");
});

Deno.test("decode() accepts packed and unpacked lists of numbers, regardless of the .proto's option", () => {
  assertEquals(all("6001" + "62020203" + "6004").numbers, [1, 2, 3, 4]);
  assertEquals(decoded("da01020102").unpacked, [1, 2]);
});

Deno.test("decode() takes the last of several values, and joins the parts of a message", () => {
  assertEquals(all("0a0161" + "0a0162").text, "b");
  assertEquals(all("8a010161" + "9201021003" + "8a010162").choice, { case: "words", value: "b" });
  assertEquals(all("9201020a00" + "9201021003").choice, { case: "thing", value: { id: 3n, inner: { id: 0n } } });
  assertEquals(all("b201021003" + "b201030a0178").msg, { text: "x", count: 3, data: new Uint8Array() });
});

Deno.test("decode() gives a map's entry without key or value their defaults, and the last of one key", () => {
  assertEquals(all("7200" + "72030a0161" + "72021005").counts, new Map([["", 5n], ["a", 0n]]));
  assertEquals(decoded("820200").byUint64, new Map([[0n, { id: 0n }]]));
});

Deno.test("fields with the names of Object.prototype get others", () => {
  const hex = "0807" + "120178" + "1a021001";
  const value = { constructor_: 7, toString_: "x", valueOf_: { id: 1n } };
  assertEquals(Inherited.encode(value).toHex(), hex);
  const read = (text: string) => Object.entries(Inherited.decode(Uint8Array.fromHex(text)));
  assertEquals(read(hex), Object.entries(value));
  assertEquals(read(""), [["constructor_", 0]]);
  assertEquals(read("1a021001" + "1a020a00"), [["constructor_", 0], ["valueOf_", { id: 1n, inner: { id: 0n } }]]);
  assertEquals(Inherited.encode({}).length, 0);
});

Deno.test("decode() shares nothing between messages, nor with the bytes that it read", () => {
  const bytes = Uint8Array.fromHex("2a0101" + "f83f01");
  const [one, other] = [All.decode(bytes), All.decode(bytes)];
  one.numbers.push(1);
  one.counts.set("a", 1n);
  one.data[0] = 9;
  bytes.fill(0);
  assertEquals([other.numbers, other.counts.size, other.data], [[], 0, new Uint8Array([1])]);
  assertEquals(All.encode(other).toHex(), "2a0101" + "f83f01");
});

Deno.test("encode() keeps unknown fields of every wire type, of inner messages and of parts that were joined", () => {
  // In Inner, whose fields are 1 and 2: a varint, 64 bits, bytes, a group, 32 bits.
  const unknown = "980701" + "190000000000000000" + "2202abcd" + "2b08012c" + "3d01000000";
  const message = (tag: string, body: string) => tag + (body.length / 2).toString(16).padStart(2, "0") + body;
  const hex = message("6a", "1007" + unknown);
  assertEquals(all(hex).inners, [{ id: 7n }]);
  assertEquals(All.encode(all(hex)).toHex(), hex);
  const parts = message("9201", "1007" + "980701") + message("9201", "980702");
  assertEquals(All.encode(all(parts)).toHex(), message("9201", "1007" + "980701" + "980702"));
});

Deno.test("encode() leaves the bytes of other messages alone, also of those that are larger than a buffer", () => {
  const texts = Array.from({ length: 300 }, (_, i) => String.fromCharCode(97 + i % 26).repeat(i * 7 % 1000));
  texts.splice(150, 0, "x".repeat(20_000), "y".repeat(8192));
  const encoded = texts.map((text) => All.encode({ text }));
  assertEquals(encoded.map((bytes) => All.decode(bytes).text), texts);
});

Deno.test("encode() is not disturbed by a message that failed, or by a getter that encodes another", () => {
  assertThrows(() => All.encode({ text: "left behind", inners: [{ id: 1 }] } as never), TypeError);
  const sly = {
    get text() {
      return All.encode({ text: "z" }).toHex();
    },
  };
  assertEquals(All.decode(All.encode(sly)).text, "0a017a");
});

Deno.test("encode() and decode() take 100 levels of messages, and no more", () => {
  let inner: { inner?: unknown } = {};
  for (let i = 1; i < 100; i++) inner = { inner };
  const deepest = All.encode({ inners: [inner] } as never);
  assertEquals(All.encode(All.decode(deepest) as never).toHex(), deepest.toHex());
  assertThrows(() => All.encode({ inners: [{ inner }] } as never), TypeError, "nested more than 100 deep");
});

Deno.test("encode() names the way to a wrong value through maps, oneofs and lists", () => {
  const wrong: [unknown, string][] = [
    [{ byId: new Map([[1n, { id: "x" }]]) }, `byId["1"].id: expected a bigint, got "x"`],
    [{ byId: new Map([[1, {}]]) }, "byId key: expected a bigint, got 1"],
    [{ byFlag: new Map([[true, null]]) }, `byFlag["true"]: expected a string, got null`],
    [{ choice: { case: "thing", value: { id: 1 } } }, "choice.value.id: expected a bigint, got 1"],
    [{ choice: { case: "words" } }, "choice.value: expected a string, got undefined"],
    [{ choice: "words" }, `choice: expected { case, value }, got "words"`],
    [{ inners: {} }, "inners: expected an array, got {}"],
    [{ numbers: [1, 1.5] }, "numbers[1]: expected an integer from -2147483648 to 2147483647, got 1.5"],
    [{ color: "COLOR_RED" }, `color: expected an enum's number, got "COLOR_RED"`],
    [{ text: undefined, txt: undefined }, `txt: there is no such field; did you mean "text"?`],
  ];
  for (const [value, message] of wrong) {
    assertThrows(() => All.encode(value as never), TypeError, `dinokit.all.All.${message}`);
  }
});

Deno.test("decode() rejects octets that are no message, and names the expected type", () => {
  for (const hex of ["00", "0a", "0a05", "07", "0c", "0aff", "ffffffffffffffffffff01", "6a020a05", "0901", "1bf801"]) {
    assertThrows(() => all(hex), Error, "bytes are no valid dinokit.all.All: ");
  }
});
