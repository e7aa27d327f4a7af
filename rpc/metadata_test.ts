import { assertEquals, assertThrows } from "@std/assert";
import { Metadata } from "./metadata.ts";

Deno.test("Metadata keeps fields in order, compares keys without case, and keeps repeated keys", () => {
  const metadata = new Metadata({ "X-Tag": ["a", "b"], "x-id": "1" }).append("x-tag", "c");
  assertEquals([...metadata], [["x-tag", "a"], ["x-tag", "b"], ["x-id", "1"], ["x-tag", "c"]]);
  assertEquals([metadata.get("X-TAG"), metadata.getAll("x-tag"), metadata.has("x-no")], ["a", ["a", "b", "c"], false]);
  assertEquals([metadata.delete("x-tag"), metadata.size, metadata.get("constructor")], [true, 1, undefined]);
});

Deno.test("Metadata created from another metadata is a copy", () => {
  const first = new Metadata({ a: "1" });
  new Metadata(first).set("a", "2");
  assertEquals(first.get("a"), "1");
});

Deno.test("Metadata rejects keys that belong to HTTP/2 or gRPC, and invalid keys", () => {
  for (
    const key of [
      "connection",
      "transfer-encoding",
      "upgrade",
      "te",
      "Host",
      "content-type",
      "grpc-status",
      "grpc-anything",
      ":path",
      "a b",
      "",
      "a\n",
      "ä",
    ]
  ) {
    assertThrows(() => new Metadata().append(key, "x"), TypeError, "metadata key");
  }
});

Deno.test("Metadata rejects values with control characters or lone surrogates, and names the key", () => {
  for (const value of ["a\r\nb", "a\nb", "a\0b", "\x1b[2J", "\x7f", "a\n", "\ud800", 5 as unknown as string]) {
    assertThrows(() => new Metadata().set("key", value), TypeError, `metadata "key"`);
  }
  assertThrows(() => new Metadata().set("key", new Uint8Array()), TypeError, "-bin");
  assertThrows(() => new Metadata().set("key-bin", "text"), TypeError, "Uint8Array");
});

Deno.test("Metadata accepts text that is not ASCII, and removes the blanks around a value", () => {
  const metadata = new Metadata({ city: "北京 😀" }).append("name", "\tbob  b ").set("none", " ");
  assertEquals([...metadata], [["city", "北京 😀"], ["name", "bob  b"], ["none", ""]]);
});

Deno.test("Metadata shows all values of a key as JSON, in a time that grows with their number", () => {
  const metadata = Metadata.unchecked(Array.from({ length: 100_000 }, (_, i) => ["x", String(i)]));
  assertEquals((metadata.toJSON()["x"] as string[]).length, 100_000);
  const json = new Metadata([["a", "1"], ["b", "2"], ["a", "3"], ["a", "4"]]).toJSON();
  assertEquals(JSON.stringify(json), `{"a":["1","3","4"],"b":"2"}`);
});

Deno.test("Metadata treats __proto__ like any other key", () => {
  const metadata = new Metadata([["__proto__", "x"]]);
  assertEquals(metadata.get("__proto__"), "x");
  assertEquals(JSON.stringify(metadata), `{"__proto__":"x"}`);
});

Deno.test("Metadata holds bytes under -bin keys, all values of a key, and pairs", () => {
  const bytes = new Uint8Array([0, 255]);
  const metadata = new Metadata([["Trace-Bin", bytes], ["a", "1"]]).append("trace-bin", new Uint8Array([7]));
  assertEquals(metadata.get("trace-bin"), bytes);
  assertEquals(metadata.getAll("trace-bin"), [bytes, new Uint8Array([7])]);
  assertEquals([metadata.get("none"), metadata.getAll("none"), metadata.delete("none")], [undefined, [], false]);
  assertEquals(metadata.set("A", "2").getAll("a"), ["2"]);
});

Deno.test("Metadata is unchanged after a field was rejected", () => {
  const metadata = new Metadata({ a: "1" });
  assertThrows(() => metadata.set("a", "x\ny"), TypeError, `"a"`);
  assertEquals([...metadata], [["a", "1"]]);
});

Deno.test("Metadata counts bytes as HTTP/2 does", () => {
  assertEquals(new Metadata({ abc: "12345" }).bytes, 32 + 3 + 5);
  assertEquals(new Metadata({ "a-bin": new Uint8Array(3) }).bytes, 32 + 5 + 4);
  assertEquals(new Metadata({ abc: "é北😀" }).bytes, 32 + 3 + 2 + 3 + 4);
});
