import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { Failure } from "../output/failure.ts";
import { JsonSplitter, jsonValues, parseJson } from "./json_input.ts";

const never = new AbortController().signal;

Deno.test("JsonSplitter gives each value as soon as it is whole, however the text is cut", () => {
  const text = `{"a":"}\\"{"} {"b":[1,{"c":"]"}]}\n"x y"[1]  12\n null`;
  const expected = [`{"a":"}\\"{"}`, `{"b":[1,{"c":"]"}]}`, `"x y"`, "[1]", "12", "null"];
  for (const size of [1, 2, 3, 7, 100]) {
    const splitter = new JsonSplitter();
    const values: string[] = [];
    for (let at = 0; at < text.length; at += size) values.push(...splitter.push(text.slice(at, at + size)));
    values.push(...splitter.end());
    assertEquals(values, expected, `in pieces of ${size}`);
  }
});

Deno.test("JsonSplitter does not wait for the next value to give an object", () => {
  const splitter = new JsonSplitter();
  assertEquals([...splitter.push('{"a":1')], []);
  assertEquals([...splitter.push("}")], ['{"a":1}']);
  assertEquals([...splitter.end()], []);
});

Deno.test("parseJson() keeps integers that a number can't hold", () => {
  assertEquals(parseJson('{"a":[9007199254740993,-18446744073709551615],"b":7,"c":1.5,"d":1e300}', "it"), {
    a: ["9007199254740993", "-18446744073709551615"],
    b: 7,
    c: 1.5,
    d: 1e300,
  });
});

Deno.test("parseJson() names the source of a text that is not JSON", () => {
  const error = assertThrows(() => parseJson("{a:1}", "stdin"), Failure, "stdin is no JSON") as Failure;
  assertEquals(error.code, 2);
});

Deno.test("jsonValues() takes several values of several arguments", async () => {
  assertEquals(await Array.fromAsync(jsonValues(['{"a":1}{"a":2}', "3"], never)), [{ a: 1 }, { a: 2 }, 3]);
  assertEquals(await Array.fromAsync(jsonValues([" "], never)), []);
  await assertRejects(() => Array.fromAsync(jsonValues(['{"a":1', "2"], never)), Failure, "the argument is no JSON");
});
