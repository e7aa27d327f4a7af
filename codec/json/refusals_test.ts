import { assertEquals, assertThrows } from "@std/assert";
import type { JsonValue } from "../../rpc/json.ts";
import type { MessageType } from "../../rpc/service.ts";
import { All, Scalars } from "../../tests/proto/all.ts";
import { Known } from "../../tests/proto/known.ts";
import * as pb from "../well_known.ts";

function refuses<T>(type: MessageType<T>, cases: [json: unknown, message: string][]) {
  for (const [json, message] of cases) {
    Deno.test(`fromJson() of ${type.typeName} rejects ${JSON.stringify(json).slice(0, 60)}`, () => {
      const error = assertThrows(() => type.fromJson(json as JsonValue), TypeError) as Error;
      assertEquals(error.message, type.typeName + message);
    });
  }
}

const INT32 = "expected an integer from -2147483648 to 2147483647, got";
refuses(Scalars, [
  [{ anInt32: 1.5 }, `.anInt32: ${INT32} 1.5`],
  [{ anInt32: 2147483648 }, `.anInt32: ${INT32} 2147483648`],
  [{ anInt32: "1.5e0" }, `.anInt32: ${INT32} "1.5e0"`],
  [{ anInt32: " 1" }, `.anInt32: ${INT32} " 1"`],
  [{ anInt32: "12abc" }, `.anInt32: ${INT32} "12abc"`],
  [{ anInt32: "" }, `.anInt32: ${INT32} ""`],
  [{ anInt32: "0x1" }, `.anInt32: ${INT32} "0x1"`],
  [{ anInt32: "+1" }, `.anInt32: ${INT32} "+1"`],
  [{ anInt32: "01" }, `.anInt32: ${INT32} "01"`],
  [{ anInt32: "1e99999999999" }, `.anInt32: ${INT32} "1e99999999999"`],
  [{ anInt32: `1.${"0".repeat(500)}` }, `.anInt32: ${INT32} "1.${"0".repeat(54)}...`],
  [{ anInt32: true }, `.anInt32: ${INT32} true`],
  [{ anInt32: [] }, `.anInt32: ${INT32} []`],
  [{ aUint32: -1 }, ".aUint32: expected an integer from 0 to 4294967295, got -1"],
  [
    { aUint64: "18446744073709551616" },
    `.aUint64: expected an integer from 0 to 18446744073709551615, as a string or number, got "18446744073709551616"`,
  ],
  [
    { sint64s: ["0.5"] },
    `.sint64s[0]: ${
      INT32.replace("2147483648", "9223372036854775808").replace("2147483647", "9223372036854775807").replace(
        ",",
        ", as a string or number,",
      )
    } "0.5"`,
  ],
  [{ aFloat: 3.5e38 }, `.aFloat: expected a number within the range of a float, got "3.5e+38"`],
  [{ aDouble: "1e999" }, `.aDouble: expected a number within the range of a double, got "1e999"`],
  [{ aDouble: "infinity" }, `.aDouble: expected a number, "NaN", "Infinity" or "-Infinity", got "infinity"`],
  [{ aDouble: "" }, `.aDouble: expected a number, "NaN", "Infinity" or "-Infinity", got ""`],
  [{ strings: [1] }, ".strings[0]: expected a string, got 1"],
  [{ strings: ["", null] }, ".strings[1]: null is no value here; leave it out"],
  [{ strings: ["\ud800"] }, ".strings[0]: the text has a lone surrogate, so it is not Unicode"],
  [{ strings: {} }, ".strings: expected an array, got {}"],
  [{ blobs: ["A"] }, `.blobs[0]: expected bytes in base64, got "A"`],
  [{ blobs: ["AQ =="] }, `.blobs[0]: expected bytes in base64, got "AQ =="`],
  [{ blobs: ["AQ="] }, `.blobs[0]: expected bytes in base64, got "AQ="`],
  [{ blobs: ["!"] }, `.blobs[0]: expected bytes in base64, got "!"`],
  [{ bools: ["true"] }, `.bools[0]: expected a boolean, got "true"`],
  [{ colors: ["COLOR_RAD"] }, `.colors[0]: dinokit.all.Color has no "COLOR_RAD"; did you mean "COLOR_RED"?`],
  [{ colors: ["x"] }, `.colors[0]: dinokit.all.Color has no "x"; use one of COLOR_NONE, COLOR_RED`],
  [{ colors: [1.5] }, `.colors[0]: ${INT32} 1.5`],
  [{ byInt32: [] }, ".byInt32: expected an object, got []"],
  [{ byInt32: { x: "" } }, `.byInt32["x"] key: ${INT32} "x"`],
  [{ byInt32: { "1": null } }, `.byInt32["1"]: null is no value here; leave it out`],
  [{ byInt32: { "1": "", "1e0": "" } }, `.byInt32["1e0"]: the key is there already, written differently`],
  [{ an_int32: 1, anInt32: 1 }, ".anInt32: the field is there already, as an_int32"],
  [{ anInt31: 1 }, `.anInt31: there is no such field; did you mean "anInt32"?`],
  [[], ": expected an object, got []"],
  [null, ": expected an object, got null"],
]);

refuses(All, [
  [{ words: "", tint: 0 }, ".tint: words is there already, and both are of the oneof choice"],
  [
    { inners: [{}, { inner: { id: -1 } }] },
    ".inners[1].inner.id: expected an integer from 0 to 18446744073709551615, as a string or number, got -1",
  ],
  [{ byFlag: { True: "" } }, `.byFlag["True"] key: expected "true" or "false", got "True"`],
  [{ choice: { words: "" } }, ".choice: there is no such field"],
]);

refuses(pb.Int32Value, [[null, ": expected a value, got null"]]);
refuses(pb.Struct, [[null, ": expected a value, got null"]]);

const TIME = `expected a time such as "2026-01-31T12:00:00.5Z", got`;
refuses(Known, [
  ...[
    "2026-01-31",
    "2026-01-31T12:00:00",
    "2026-01-31t12:00:00Z",
    "2026-01-31T12:00:00z",
    "2026-02-30T12:00:00Z",
    "2026-01-31T24:00:00Z",
    "2026-01-31T12:00:60Z",
    "2026-01-31T12:00:00.Z",
    "2026-01-31T12:00:00.0000000001Z",
    "2026-01-31T12:00:00+24:00",
    "2026-01-31T12:00:00+01:60",
    "2026-01-31T12:00:00+0100",
    "10000-01-01T00:00:00Z",
    7,
  ].map((timestamp): [unknown, string] => [{ timestamp }, `.timestamp: ${TIME} ${JSON.stringify(timestamp)}`]),
  [
    { timestamp: "0000-01-01T00:00:00Z" },
    `.timestamp: expected a time in the years 1 to 9999, got "0000-01-01T00:00:00Z"`,
  ],
  [
    { timestamp: "9999-12-31T23:59:59-00:01" },
    `.timestamp: expected a time in the years 1 to 9999, got "9999-12-31T23:59:59-00:01"`,
  ],
  ...["1", "1.s", ".5s", "1.0000000000s", "1e3s", "+1s", " 1s", 1].map((duration): [unknown, string] => [
    { duration },
    `.duration: expected a duration such as "1.5s", got ${JSON.stringify(duration)}`,
  ]),
  [
    { duration: "315576000001s" },
    `.duration: expected a duration of at most 315576000000 seconds, got "315576000001s"`,
  ],
  [{ mask: "a_b" }, `.mask: expected names in lowerCamelCase, such as "user.displayName,photo", got "a_b"`],
  [{ mask: ["a"] }, `.mask: expected names in lowerCamelCase, such as "user.displayName,photo", got ["a"]`],
  [{ int64s: [null] }, ".int64s[0]: null is no value here; leave it out"],
  [
    { int64: {} },
    ".int64: expected an integer from -9223372036854775808 to 9223372036854775807, as a string or number, got {}",
  ],
  [{ struct: [] }, ".struct: expected an object, got []"],
  [{ struct: { a: [{ b: "\ud800" }] } }, `.struct["a"][0]["b"]: the text has a lone surrogate, so it is not Unicode`],
  [{ list: {} }, ".list: expected an array, got {}"],
  [{ oneMsg: {}, oneNull: null }, ".oneNull: oneMsg is there already, and both are of the oneof oneOfThem"],
  [
    { any: { value: "1s" } },
    `.any["@type"]: expected the URL of a type, such as "type.googleapis.com/echo.Req", got undefined`,
  ],
  [
    { any: { "@type": "", value: "" } },
    `.any["@type"]: expected the URL of a type, such as "type.googleapis.com/echo.Req", got ""`,
  ],
  [
    { any: { "@type": "dinokit.test.Msg" } },
    `.any["@type"]: expected the URL of a type, such as "type.googleapis.com/echo.Req", got "dinokit.test.Msg"`,
  ],
  [
    { any: { "@type": "x/echo.Req" } },
    `.any["@type"]: the type echo.Req is not known here; give it in the option types`,
  ],
  [
    { any: { "@type": "x/test.Msg" } },
    `.any["@type"]: the type test.Msg is not known here; give it in the option types`,
  ],
  [{ any: { "@type": "x/dinokit.test.Msg", count: "x" } }, `.any.count: ${INT32} "x"`],
  [
    { any: { "@type": "x/google.protobuf.Duration" } },
    ".any: a google.protobuf.Duration stands in an Any as value, which is missing",
  ],
  [
    { any: { "@type": "x/google.protobuf.Duration", value: "1s", more: 1 } },
    ".any.more: there is no such field; beside @type there is only value",
  ],
  [
    { any: { "@type": "x/google.protobuf.Duration", value: "1" } },
    `.any.value: expected a duration such as "1.5s", got "1"`,
  ],
]);

Deno.test("toJson() names the invalid field", () => {
  const wrong: [type: MessageType<unknown>, value: unknown, message: string][] = [
    [All, null, ": expected an object, got null"],
    [All, { txt: "" }, `.txt: there is no such field; did you mean "text"?`],
    [All, { big: 5 }, ".big: expected a bigint, got 5"],
    [All, { unsignedBig: -1n }, ".unsignedBig: expected a bigint from 0 to 18446744073709551615, got -1n"],
    [All, { age: 1.5 }, `.age: ${INT32} 1.5`],
    [All, { inners: [{}, { id: 1 }] }, ".inners[1].id: expected a bigint, got 1"],
    [All, { counts: {} }, ".counts: expected a Map, got {}"],
    [All, { counts: new Map([[1, 1n]]) }, ".counts key: expected a string, got 1"],
    [All, { counts: new Map([["a", 1]]) }, `.counts["a"]: expected a bigint, got 1`],
    [
      All,
      { choice: { case: "word", value: "" } },
      `.choice.case: there is no "word"; use one of "words", "thing", "tint"`,
    ],
    [All, { choice: { case: "words" } }, ".choice.value: expected a string, got null"],
    [All, { choice: "words" }, `.choice: expected { case, value }, got "words"`],
    [All, { words: "" }, ".words: there is no such field"],
    [All, { data: "AQ==" }, `.data: expected a Uint8Array, got "AQ=="`],
    [All, { text: "\ud800" }, ".text: the text has a lone surrogate, so it is not Unicode"],
    [All, { color: "COLOR_RED" }, `.color: expected a number, got "COLOR_RED"`],
    [All, { at: { seconds: 1 } }, ".at.seconds: expected a bigint, got 1"],
    [All, { at: { nanos: -1 } }, ".at: expected nanos from 0 to 999999999, got -1"],
    [All, { at: { seconds: 10n ** 15n } }, ".at: the time is not in the years 1 to 9999"],
    [Known, { duration: { seconds: 1n, nanos: -1 } }, ".duration: seconds and nanos differ in sign"],
    [
      Known,
      { duration: { seconds: 2n ** 62n } },
      ".duration: expected seconds from -315576000000 to 315576000000, got 4611686018427387904n",
    ],
    [Known, { duration: { nanos: 10 ** 9 } }, ".duration: expected nanos from -999999999 to 999999999, got 1000000000"],
    [Known, { value: {} }, ".value: a google.protobuf.Value needs one of its kinds"],
    [
      Known,
      { value: { kind: { case: "numberValue", value: NaN } } },
      `.value: expected a number that JSON has, got "NaN"`,
    ],
    ...["fooBar", "foo__bar", "foo_3_bar", "foo_", "a,b"].map((
      path,
    ): [MessageType<unknown>, unknown, string] => [
      Known,
      { mask: { paths: [path] } },
      `.mask: the path ${JSON.stringify(path)} has no JSON form: it must be in lower_snake_case`,
    ]),
    [
      Known,
      { any: { typeUrl: "x/dinokit.test.Msg", value: new Uint8Array([1]) } },
      ".any.value: the bytes are no dinokit.test.Msg: ",
    ],
    [
      Known,
      { any: { value: new Uint8Array([1]) } },
      `.any.typeUrl: expected the URL of a type, such as "type.googleapis.com/echo.Req", got ""`,
    ],
  ];
  for (const [type, value, message] of wrong) {
    const error = assertThrows(() => type.toJson(value as never), TypeError) as Error;
    assertEquals(error.message.slice(0, type.typeName.length + message.length), type.typeName + message);
  }
});
