import { assertEquals, assertThrows } from "@std/assert";
import { JsonReader } from "./json_reader.ts";

const reader = (text: string) => new JsonReader(new TextEncoder().encode(text));

/** Builds what JSON.parse would, with an array of pairs for an object. */
function build(json: JsonReader): unknown {
  const first = json.peek();
  if (first === "[") return Array.from(json.items(), () => build(json));
  if (first === "{") return Array.from(json.fields(), (name) => [name, build(json)]);
  return first === '"' ? json.text() : json.number();
}

function parse(text: string): unknown {
  const json = reader(text);
  const value = build(json);
  json.end();
  return value;
}

Deno.test("JsonReader reads arrays, objects, texts and numbers, with white space anywhere", () => {
  assertEquals(parse(' [ 1 , -2.5e3 , "a" , { "b" : [ ] , "c" : { } } , [ [ ] ] ] \n'), [
    1,
    -2500,
    "a",
    [["b", []], ["c", []]],
    [[]],
  ]);
});

Deno.test("JsonReader reads texts as JSON.parse does", () => {
  for (
    const text of [
      "",
      "a",
      "ä",
      "😀",
      '"',
      "\\",
      "\b\f\n\r\t/",
      "\u2028",
      "\u007f",
      "123",
      "a\\",
      "\ud800",
      "__proto__",
    ]
  ) {
    assertEquals(parse(JSON.stringify(text)), text);
  }
  assertEquals(parse('"\\u0041\\u00e4\\/"'), "Aä/");
  assertEquals(parse('"\\ud83d\\ude00ä"'), "😀ä");
});

Deno.test("JsonReader skips values that the caller does not read, and values of another type", () => {
  const json = reader('{"a": [{"b": "}]\\""}, true], "c": 7, "d": null, "e": "x", "f": {"g": 1}}');
  const seen: unknown[] = [];
  for (const name of json.fields()) {
    if (name === "c") seen.push(json.text());
    if (name === "d") seen.push(json.number());
    if (name === "e") seen.push([...json.items()]);
    if (name === "f") seen.push([...json.items()]);
    seen.push(name);
  }
  json.end();
  assertEquals(seen, ["a", undefined, "c", undefined, "d", [], "e", [], "f"]);
});

Deno.test("JsonReader rejects invalid JSON, and stops at the end of the text", () => {
  const wrong = [
    "",
    " ",
    "[",
    "[1",
    "[1,",
    "[1,]",
    "{",
    '{"a"',
    '{"a":',
    '{"a":1',
    '{"a":1,',
    '{"a":1,}',
    "{a:1}",
    '{"a" 1}',
  ];
  wrong.push(
    '"a',
    '"a\\',
    '"a\\"',
    "]",
    "}",
    ",",
    "[1 2]",
    "<html>",
    "[1}",
    '{"a":1]',
    "[1] x",
    "[1]]",
    '"\\x"',
    '"\\u12"',
  );
  for (const text of wrong) assertThrows(() => parse(text), SyntaxError, undefined, text);
});

Deno.test("JsonReader skips any depth without a stack", () => {
  const json = reader(`[${"[".repeat(1e6)}${"]".repeat(1e6)}, ${'{"a":'.repeat(1e6)}1${"}".repeat(1e6)}]`);
  assertEquals([...json.items()].length, 2);
  json.end();
  assertThrows(() => reader("[".repeat(1e6)).skip(), SyntaxError, "cut off");
});

Deno.test("JsonReader reads small values, and skips larger ones in parts", () => {
  const json = reader(`[[1, [2, 3]], {"a": [${"[4], ".repeat(100)}5]}, "${"x".repeat(100)}", [6]]`);
  const read: unknown[] = [];
  for (const _ of json.items()) {
    const value = json.small(20, () => build(json));
    read.push(value);
    let parts = 0;
    while (value === undefined && !json.skipRest(50)) parts++;
    if (value === undefined) read.push(parts);
  }
  json.end();
  assertEquals(read, [[1, [2, 3]], undefined, 9, "x".repeat(100), [6]]);
});
