import { assert, assertEquals, assertThrows } from "@std/assert";
import { Resp } from "../proto/echo.ts";
import { All, All_Mode, Color } from "../tests/proto/all.ts";
import { Msg } from "../tests/proto/kinds.ts";
import { protobuf } from "../deps.ts";

const EMPTY = All.decode(new Uint8Array());

Deno.test("decode() gives every field without presence its default, and leaves the others out", () => {
  assertEquals([EMPTY.text, EMPTY.big, EMPTY.unsignedBig, EMPTY.data, EMPTY.ratio, EMPTY.yes], [
    "",
    0n,
    0n,
    new Uint8Array(),
    0,
    false,
  ]);
  assertEquals([EMPTY.numbers, EMPTY.inners, EMPTY.counts, EMPTY.color], [[], [], new Map(), Color.COLOR_NONE]);
  for (const name of ["nickname", "age", "choice", "at", "details", "msg"]) assert(!(name in EMPTY), name);
});

Deno.test("decode() gives plain objects", () => {
  const decoded = Resp.decode(Resp.encode({ resp: "hello, world" }));
  assertEquals(Object.getPrototypeOf(decoded), Object.prototype);
  assertEquals(Deno.inspect(decoded), `{ resp: "hello, world" }`);
});

Deno.test("encode() and decode() are inverse for every shape of a field", () => {
  const all: All = {
    ...EMPTY,
    text: "北京",
    big: -(2n ** 63n),
    unsignedBig: 2n ** 64n - 1n,
    zigzag: -5n,
    data: new Uint8Array([0, 255]),
    ratio: -0.5,
    yes: true,
    color: Color.COLOR_RED,
    mode: All_Mode.ON,
    nickname: "",
    age: 0,
    numbers: [1, -1, 2 ** 31 - 1],
    inners: [{ id: 7n }, { id: 8n, inner: { id: 9n } }],
    counts: new Map([["__proto__", 1n], ["constructor", 2n], ["", 0n]]),
    byId: new Map([[-1n, { id: 1n }], [2n ** 62n, { id: 2n }]]),
    byFlag: new Map([[true, "yes"], [false, "no"]]),
    choice: { case: "thing", value: { id: 3n } },
    at: { seconds: 1n, nanos: 2 },
    details: { fields: new Map([["a", { kind: { case: "numberValue", value: 1 } }]]) },
    msg: { text: "x", count: 1, data: new Uint8Array() },
  };
  assertEquals(All.decode(All.encode(all)), all);
  for (const choice of [{ case: "words", value: "" }, { case: "tint", value: Color.COLOR_NONE }] as const) {
    assertEquals(All.decode(All.encode({ choice })).choice, choice);
  }
});

Deno.test("encode() writes the bytes that protoc's message has", () => {
  // Field by field: a length and two letters, ten bytes of varint for -1, a length and two bytes.
  const hex = "0a02686910ffffffffffffffffff011a0200ff";
  assertEquals(Msg.encode({ text: "hi", count: -1, data: new Uint8Array([0, 255]) }).toHex(), hex);
  assertEquals(Msg.decode(Uint8Array.fromHex(hex)), { text: "hi", count: -1, data: new Uint8Array([0, 255]) });
  assertEquals(Msg.encode({ text: "", count: 0 }).length, 0);
});

Deno.test("encode() writes unknown fields back, and they are not visible on the message", () => {
  const bytes = Uint8Array.fromHex("0a0161" + "f83f01");
  const msg = Msg.decode(bytes);
  assertEquals(Object.keys(msg), ["text", "count", "data"]);
  assertEquals(Msg.encode(msg).toHex(), bytes.toHex());
});

Deno.test("encode() names the field that is wrong", () => {
  const wrong: [unknown, string][] = [
    [{ text: 5 }, "dinokit.all.All.text: expected a string, got 5"],
    [{ txt: "" }, `dinokit.all.All.txt: there is no such field; did you mean "text"?`],
    [{ big: 5 }, "dinokit.all.All.big: expected a bigint, got 5"],
    [{ unsignedBig: -1n }, "dinokit.all.All.unsignedBig: expected a bigint from 0 to 18446744073709551615, got -1n"],
    [{ age: 2 ** 31 }, "dinokit.all.All.age: expected an integer from -2147483648 to 2147483647, got 2147483648"],
    [{ inners: [{}, { id: 1 }] }, "dinokit.all.All.inners[1].id: expected a bigint, got 1"],
    [{ counts: {} }, "dinokit.all.All.counts: expected a Map, got {}"],
    [{ counts: new Map([["a", 1]]) }, `dinokit.all.All.counts["a"]: expected a bigint, got 1`],
    [
      { choice: { case: "word", value: "" } },
      `dinokit.all.All.choice.case: there is no "word"; use one of "words", "thing", "tint"`,
    ],
    [{ text: "\ud800" }, "dinokit.all.All.text: the text has a lone surrogate, so it is not Unicode"],
    [{ data: "bytes" }, `dinokit.all.All.data: expected a Uint8Array, got "bytes"`],
    [{ yes: 1 }, "dinokit.all.All.yes: expected a boolean, got 1"],
    [null, "dinokit.all.All: expected an object, got null"],
    [[], "dinokit.all.All: expected an object, got []"],
  ];
  for (const [value, message] of wrong) {
    const error = assertThrows(() => All.encode(value as never), TypeError);
    assertEquals((error as Error).message, message);
  }
});

Deno.test("encode() and decode() reject nesting deeper than 100 levels", () => {
  let inner: Record<string, unknown> = {};
  for (let i = 0; i < 150; i++) inner = { inner };
  assertThrows(() => All.encode({ inners: [inner] } as never), TypeError, "nested more than 100 deep");
  let bytes = new Uint8Array();
  for (let i = 0; i < 150; i++) {
    const writer = protobuf.Writer.create().uint32(10).bytes(bytes);
    bytes = new Uint8Array(writer.finish());
  }
  const outer = protobuf.Writer.create().uint32(13 << 3 | 2).bytes(bytes).finish();
  assertThrows(() => All.decode(outer), Error, "no valid dinokit.all.All");
});

Deno.test("decode() rejects text that is not UTF-8", () => {
  assertThrows(() => Msg.decode(Uint8Array.fromHex("0a02c080")), Error, "no valid dinokit.test.Msg");
});

Deno.test("decode() of 20,000 damaged messages throws an Error or gives a message, and never anything else", () => {
  const sound = All.encode({
    text: "hello",
    big: 5n,
    numbers: [1, 2, 3],
    inners: [{ id: 7n }],
    counts: new Map([["a", 1n]]),
    choice: { case: "words", value: "w" },
  });
  let seed = 42;
  const random = (below: number) => (seed = (seed * 1103515245 + 12345) % 2 ** 31) % below;
  let refused = 0;
  for (let i = 0; i < 20_000; i++) {
    const bytes = sound.slice(0, 1 + random(sound.length));
    for (let j = random(4); j >= 0; j--) bytes[random(bytes.length)] = random(256);
    try {
      assertEquals(typeof All.decode(bytes), "object");
    } catch (error) {
      refused++;
      assert(error instanceof Error && error.message.includes("no valid dinokit.all.All"), String(error));
    }
  }
  assert(refused > 5000 && refused < 20_000, `${refused} refused`);
});
