import { assert, assertEquals, assertThrows } from "@std/assert";
import type { Init, MessageType } from "../../rpc/service.ts";
import type { JsonValue } from "../../rpc/json.ts";
import { Req } from "../../proto/echo.ts";
import { All, Color, Scalars } from "../../tests/proto/all.ts";
import { Known, Names, Names_Alias } from "../../tests/proto/known.ts";
import { Msg } from "../../tests/proto/kinds.ts";
import * as pb from "../well_known.ts";

/** A table for one type: what is read and, in canonical form, written again. */
function reads<T>(
  type: MessageType<T>,
  cases: [what: string, json: JsonValue, value: Init<T>, canonical?: JsonValue][],
) {
  for (const [what, json, value, canonical = json] of cases) {
    Deno.test(`fromJson() and toJson() of ${type.typeName}: ${what}`, () => {
      const none = type.decode(new Uint8Array());
      assertEquals(type.fromJson(json), { ...none as object, ...value as object } as T);
      assertEquals(JSON.stringify(type.toJson(value)), JSON.stringify(canonical));
    });
  }
}

reads(Scalars, [
  ["an integer with a point and zeros", { anInt32: 100000.0 }, { anInt32: 100000 }],
  ["an integer as text", { anInt32: "-2147483648" }, { anInt32: -(2 ** 31) }, { anInt32: -(2 ** 31) }],
  ["an integer with an exponent", { anInt32: "1e3", aUint32: "4.2e1" }, { anInt32: 1000, aUint32: 42 }, {
    anInt32: 1000,
    aUint32: 42,
  }],
  ["an integer with a negative exponent", { anInt64: "1200e-2" }, { anInt64: 12n }, { anInt64: "12" }],
  ["zero with a huge exponent", { anInt64: "0e999999999" }, {}, {}],
  ["-0 as an integer", { anInt32: -0, anInt64: "-0" }, {}, {}],
  ["64 bits as numbers", { anInt64: 9223372036854774784, aUint64: 5 }, { anInt64: 9223372036854774784n, aUint64: 5n }, {
    anInt64: "9223372036854774784",
    aUint64: "5",
  }],
  ["the ends of 64 bits", { anInt64: "-9223372036854775808", aUint64: "18446744073709551615" }, {
    anInt64: -(2n ** 63n),
    aUint64: 2n ** 64n - 1n,
  }],
  ["fixed and zigzag", { aSint64: "-1", aFixed64: "1", aSfixed64: "-2" }, {
    aSint64: -1n,
    aFixed64: 1n,
    aSfixed64: -2n,
  }],
  ["infinite numbers", { aDouble: "Infinity", aFloat: "-Infinity" }, { aDouble: Infinity, aFloat: -Infinity }],
  ["no number", { aDouble: "NaN", doubles: ["NaN", 1] }, { aDouble: NaN, doubles: [NaN, 1] }],
  ["a number as text", { aDouble: "1.5e1", aFloat: "-0.5" }, { aDouble: 15, aFloat: -0.5 }, {
    aDouble: 15,
    aFloat: -0.5,
  }],
  ["the shortest text of a float", { aFloat: 0.1 }, { aFloat: Math.fround(0.1) }],
  ["the largest float", { aFloat: 3.4028235e38 }, { aFloat: Math.fround(3.4028235e38) }],
  ["base64 without padding", { blobs: ["", "AQ", "AQI"] }, {
    blobs: [new Uint8Array(), new Uint8Array([1]), new Uint8Array([1, 2])],
  }, { blobs: ["", "AQ==", "AQI="] }],
  ["base64 for URLs", { blobs: ["-_8", "-_"] }, { blobs: [new Uint8Array([251, 255]), new Uint8Array([251])] }, {
    blobs: ["+/8=", "+w=="],
  }],
  ["presence of defaults", { maybeInt64: "0", maybeBytes: "", maybeColor: "COLOR_NONE", maybeBool: false }, {
    maybeInt64: 0n,
    maybeBytes: new Uint8Array(),
    maybeColor: Color.COLOR_NONE,
    maybeBool: false,
  }],
  ["null as a field that is not there", { anInt32: null, strings: null, byInt32: null, maybeBool: null }, {}, {}],
  [
    "names of the .proto",
    { an_int32: 1, by_fixed64: { "7": true } },
    { anInt32: 1, byFixed64: new Map([[7n, true]]) },
    {
      anInt32: 1,
      byFixed64: { "7": true },
    },
  ],
  ["enums by number, also those that it does not know", { colors: [1, 7, -1, "COLOR_NONE"] }, {
    colors: [1, 7, -1, 0] as Color[],
  }, { colors: ["COLOR_RED", 7, -1, "COLOR_NONE"] }],
]);

reads(All, [
  ["keys of maps", { byFlag: { true: "a" }, byId: { "-1": { id: "2" } }, counts: { "": "1", constructor: "2" } }, {
    byFlag: new Map([[true, "a"]]),
    byId: new Map([[-1n, { id: 2n }]]),
    counts: new Map([["", 1n], ["constructor", 2n]]),
  } as Init<All>, { counts: { "": "1", constructor: "2" }, byId: { "-1": { id: "2" } }, byFlag: { true: "a" } }],
  ["the default of a oneof", { words: "" }, { choice: { case: "words", value: "" } }],
  ["a oneof whose other case is null", { thing: null, words: "a" }, { choice: { case: "words", value: "a" } }, {
    words: "a",
  }],
]);

Deno.test("fromJson() and toJson() take __proto__ as a key of a map like any other", () => {
  const json = JSON.parse(`{"counts":{"__proto__":"1"}}`);
  const all = All.fromJson(json);
  assertEquals([...all.counts], [["__proto__", 1n]]);
  assertEquals(JSON.stringify(All.toJson(all)), `{"counts":{"__proto__":"1"}}`);
  assertThrows(() => All.fromJson(JSON.parse(`{"__proto__":1}`)), TypeError, "All.__proto__: there is no such field");
});

reads(Names, [
  ["a json_name", { other: "x", "@aliases": { a: "ALIAS_ONE" }, "right!": "AA==" }, {
    plain: "x",
    aliasByName: new Map([["a", Names_Alias.ALIAS_ONE]]),
    theChoice: { case: "rightOne", value: new Uint8Array(1) },
  }],
  ["the name in the .proto beside a json_name", { plain: "x", under__score_1: 1, UpperCamel: 2, right_one: "" }, {
    plain: "x",
    under_Score_1: 1,
    UpperCamel: 2,
    theChoice: { case: "rightOne", value: new Uint8Array() },
  }, { other: "x", underScore1: 1, UpperCamel: 2, "right!": "" }],
  ["an alias, written by the first name", { alias: "ALIAS_UNO" }, { alias: Names_Alias.ALIAS_ONE }, {
    alias: "ALIAS_ONE",
  }],
]);

const time = (seconds: bigint, nanos = 0) => ({ seconds, nanos });
reads(Known, [
  ["a time", { timestamp: "1970-01-01T00:00:00Z" }, { timestamp: time(0n) }],
  ["the first and the last time", { timestamps: ["0001-01-01T00:00:00Z", "9999-12-31T23:59:59.999999999Z"] }, {
    timestamps: [time(-62135596800n), time(253402300799n, 999_999_999)],
  }],
  [
    "3, 6 and 9 digits",
    {
      timestamps: ["1970-01-01T00:00:00.5Z", "1970-01-01T00:00:00.000500Z", "1969-12-31T23:59:59.000000001Z"],
    },
    { timestamps: [time(0n, 500_000_000), time(0n, 500_000), time(-1n, 1)] },
    {
      timestamps: ["1970-01-01T00:00:00.500Z", "1970-01-01T00:00:00.000500Z", "1969-12-31T23:59:59.000000001Z"],
    },
  ],
  ["a time elsewhere", { timestamp: "1970-01-01T08:30:00+08:00" }, { timestamp: time(1800n) }, {
    timestamp: "1970-01-01T00:30:00Z",
  }],
  ["a leap day", { timestamp: "2024-02-29T00:00:00-00:00" }, { timestamp: time(1709164800n) }, {
    timestamp: "2024-02-29T00:00:00Z",
  }],
  ["a duration", { duration: "1.5s" }, { duration: time(1n, 500_000_000) }, { duration: "1.500s" }],
  ["a negative duration below a second", { duration: "-0.5s" }, { duration: time(0n, -500_000_000) }, {
    duration: "-0.500s",
  }],
  ["no duration", { duration: "-0s" }, { duration: time(0n) }, { duration: "0s" }],
  ["the longest duration", { duration: "-315576000000.999999999s" }, {
    duration: time(-315576000000n, -999_999_999),
  }],
  ["a field mask", { mask: "a,user.displayName" }, { mask: { paths: ["a", "user.display_name"] } }],
  ["an empty field mask", { mask: "" }, { mask: { paths: [] } }],
  ["wrappers", { int64: "0", double: "NaN", bool: false, string: "", bytes: "AQ==", int64s: ["1"] }, {
    int64: { value: 0n },
    double: { value: NaN },
    bool: { value: false },
    string: { value: "" },
    bytes: { value: new Uint8Array([1]) },
    int64s: [{ value: 1n }],
  }, { double: "NaN", int64: "0", bool: false, string: "", bytes: "AQ==", int64s: ["1"] }],
  ["null as a wrapper that is not there", { int64: null, timestamp: null, struct: null, any: null }, {}, {}],
  ["null as a value", { value: null, values: [null], valueByName: { a: null }, oneValue: null }, {
    value: { kind: { case: "nullValue", value: 0 } },
    values: [{ kind: { case: "nullValue", value: 0 } }],
    valueByName: new Map([["a", { kind: { case: "nullValue", value: 0 } }]]),
    oneOfThem: { case: "oneValue", value: { kind: { case: "nullValue", value: 0 } } },
  }],
  ["null as the enum of null", {
    nulls: [null, "NULL_VALUE", 0],
    nullByName: { a: null },
    oneNull: null,
    maybeNull: null,
  }, {
    nulls: [0, 0, 0],
    nullByName: new Map([["a", 0]]),
    oneOfThem: { case: "oneNull", value: 0 },
    maybeNull: 0,
  }, { nulls: [null, null, null], nullByName: { a: null }, oneNull: null, maybeNull: null }],
  ["JSON in JSON", { struct: { a: { b: [1, "x", true, null, {}] } }, list: [[]] }, {
    struct: {
      fields: new Map([["a", {
        kind: {
          case: "structValue",
          value: {
            fields: new Map([["b", {
              kind: {
                case: "listValue",
                value: {
                  values: [
                    { kind: { case: "numberValue", value: 1 } },
                    { kind: { case: "stringValue", value: "x" } },
                    { kind: { case: "boolValue", value: true } },
                    { kind: { case: "nullValue", value: 0 } },
                    { kind: { case: "structValue", value: { fields: new Map() } } },
                  ],
                },
              },
            }]]),
          },
        },
      }]]),
    },
    list: { values: [{ kind: { case: "listValue", value: { values: [] } } }] },
  } as Init<Known>],
  ["an empty message", { empty: {} }, { empty: {} }],
  ["an Any of nothing", { any: {} }, { any: { typeUrl: "", value: new Uint8Array() } }],
  ["an Any, whatever the order", { any: { count: 5, "@type": "type.googleapis.com/dinokit.test.Msg" } }, {
    any: { typeUrl: "type.googleapis.com/dinokit.test.Msg", value: Msg.encode({ count: 5 }) },
  }, { any: { "@type": "type.googleapis.com/dinokit.test.Msg", count: 5 } }],
  ["an Any of what has its own JSON", { any: { "@type": "x/google.protobuf.Duration", value: "1s" } }, {
    any: { typeUrl: "x/google.protobuf.Duration", value: pb.Duration.encode({ seconds: 1n }) },
  }],
  ["an Any in an Any", {
    any: {
      "@type": "x/google.protobuf.Any",
      value: { "@type": "x/google.protobuf.Value", value: null },
    },
  }, {
    any: {
      typeUrl: "x/google.protobuf.Any",
      value: pb.Any.encode({
        typeUrl: "x/google.protobuf.Value",
        value: pb.Value.encode({ kind: { case: "nullValue", value: 0 } }),
      }),
    },
  }],
]);

Deno.test("fromJson() ignores unknown fields if the option is set", () => {
  const json = {
    nope: 1,
    an_int32: 7,
    colors: ["COLOR_RED", "x", 1],
    maybeColor: "x",
    bySint64: { "1": "x", "2": "COLOR_RED" },
  };
  const options = { ignoreUnknownFields: true };
  const scalars = Scalars.fromJson(json, options);
  assertEquals([scalars.anInt32, scalars.colors, scalars.maybeColor], [7, [1, 1], undefined]);
  assertEquals(scalars.bySint64, new Map([[2n, Color.COLOR_RED]]));
  assertThrows(() => Scalars.fromJson({ colors: [true] }, options), TypeError, "Scalars.colors[0]");
  const any = { "@type": "x/google.protobuf.Duration", value: "1s", more: 1 };
  assert(Known.fromJson({ any: { ...any }, anys: [{ "@type": "x/dinokit.test.Msg", more: 1 }] }, options).any);
});

Deno.test("toJson() writes default values of fields without presence if the option is set; fields with presence only if they are set", () => {
  assertEquals(All.toJson({}), {});
  assertEquals(All.toJson({ inners: [{}] }, { emitDefaults: true }), {
    text: "",
    big: "0",
    unsignedBig: "0",
    zigzag: "0",
    data: "",
    ratio: 0,
    yes: false,
    color: "COLOR_NONE",
    mode: "OFF",
    numbers: [],
    inners: [{ id: "0" }],
    counts: {},
    byId: {},
    byFlag: {},
    old: false,
  });
});

Deno.test("fromJson() and toJson() find the message type of an Any in the option types", () => {
  const options = { types: [Req, Msg] };
  const any = { typeUrl: "x/echo.Req", value: Req.encode({ mes: "hi" }) };
  const json = { "@type": "x/echo.Req", mes: "hi" };
  assertEquals(pb.Any.toJson(any, options), json);
  assertEquals(pb.Any.fromJson(json, options), any);
  assertThrows(() => pb.Any.toJson(any), TypeError, "Any.typeUrl: the type echo.Req is not known here");
});

Deno.test("toJson() and fromJson() keep the sign of -0, which JSON.stringify() does not", () => {
  const json = Scalars.toJson({ aFloat: -0, aDouble: -0 });
  assert(Object.values(json as object).every((value) => Object.is(value, -0)));
  const { aFloat, aDouble } = Scalars.fromJson(json);
  assert(Object.is(aFloat, -0) && Object.is(aDouble, -0));
});

Deno.test("toJson() leaves unknown fields out", () => {
  assertEquals(Msg.toJson(Msg.decode(Uint8Array.fromHex("0a0161" + "f83f01"))), { text: "a" });
});

Deno.test("fromJson() returns new messages that encode() accepts", () => {
  const [one, other] = [All.fromJson({}), All.fromJson({})];
  one.numbers.push(1);
  assertEquals([other.numbers, All.encode(other).length], [[], 0]);
});

Deno.test("toJson() and fromJson() take 100 levels of messages, and no more", () => {
  let inner: Record<string, unknown> = {};
  for (let i = 1; i < 100; i++) inner = { inner };
  const json = All.toJson({ inners: [inner] } as never);
  assertEquals(All.fromJson(json), All.decode(All.encode({ inners: [inner] } as never)));
  const deeper = { inners: [{ inner }] };
  assertThrows(() => All.toJson(deeper as never), TypeError, "nested more than 100 deep");
  assertThrows(() => All.fromJson(deeper as never), TypeError, "nested more than 100 deep");
  let deep: JsonValue = [];
  for (let i = 0; i < 5000; i++) deep = [deep];
  assertThrows(() => pb.ListValue.fromJson(deep), TypeError, "nested more than 100 deep");
  const inAny = [
    (any: JsonValue) => ({ "@type": "x/google.protobuf.Any", value: any }),
    (any: JsonValue) => ({ "@type": "x/dinokit.known.Known", any }),
  ];
  for (const wrap of inAny) {
    let any: JsonValue = {};
    for (let i = 0; i < 150; i++) any = wrap(any);
    assertThrows(() => Known.fromJson({ any }), TypeError, "nested more than 100 deep");
  }
});
