import { assertEquals } from "@std/assert";
import { EncoderIndex } from "./encoder_index.ts";
import { INCREMENTAL_BITS, NEVER_BITS, WITHOUT_BITS } from "./indexing.ts";

Deno.test("EncoderIndex knows the static table, and the first entry of a name in it", () => {
  const index = new EncoderIndex();
  const status = index.find(":status")!;
  assertEquals([status.entry, status.values.get("200"), status.values.get("404")], [8, 8, 13]);
  assertEquals([...index.find("www-authenticate")!.values], [["", 61]]);
});

Deno.test("EncoderIndex knows how names are indexed", () => {
  const index = new EncoderIndex();
  const found = [":path", "cookie", "date", "grpc-timeout"].map((name) => index.find(name)!.indexing);
  assertEquals(found, [INCREMENTAL_BITS, NEVER_BITS, WITHOUT_BITS, WITHOUT_BITS]);
});

Deno.test("EncoderIndex forgets a name with its last entry", () => {
  const index = new EncoderIndex();
  index.add("x", "1", 62);
  index.add("x", "2", 63);
  assertEquals([index.find("x")!.entry, [...index.find("x")!.values]], [63, [["1", 62], ["2", 63]]]);
  index.drop("x", "1");
  assertEquals([index.find("x")!.entry, [...index.find("x")!.values]], [63, [["2", 63]]]);
  index.drop("x", "2");
  assertEquals(index.find("x"), undefined);
});

Deno.test("EncoderIndex falls back to the static entry of a name, or to none", () => {
  const index = new EncoderIndex();
  for (const name of [":path", "grpc-timeout"]) {
    const before = structuredClone(index.find(name));
    index.add(name, "1", 62);
    assertEquals(index.find(name)!.values.get("1"), 62);
    index.drop(name, "1");
    assertEquals(index.find(name), before);
  }
});

Deno.test("EncoderIndex shares nothing between connections", () => {
  new EncoderIndex().add("grpc-timeout", "1S", 62);
  new EncoderIndex().add(":path", "/a", 62);
  assertEquals(new EncoderIndex().find("grpc-timeout")!.values.size, 0);
  assertEquals(new EncoderIndex().find(":path")!.values.get("/a"), undefined);
});
