import { assertEquals } from "@std/assert";
import { Metadata } from "../../rpc/metadata.ts";
import {
  addMetadata,
  decodeBase64,
  encodeBase64,
  isApplicationField,
  malformedMetadata,
  metadataOf,
} from "./fields.ts";

Deno.test("metadata comes back from fields: text, UTF-8 with a byte order mark, bytes, in order", () => {
  const entries: [string, string | Uint8Array][] = [
    ["x-a", "1"],
    ["x-utf8", "\ufeffé日😀"],
    ["x-bin", new Uint8Array([0, 255, 254])],
    ["x-a", "2"],
    ["x-bin", new Uint8Array(0)],
    ["x-empty", ""],
  ];
  const fields: string[] = [];
  addMetadata(fields, Metadata.unchecked(entries));
  assertEquals([...metadataOf(fields)], entries);
  for (const text of fields) for (const c of text) assertEquals(c.charCodeAt(0) < 256, true);
});

Deno.test("-bin values come with and without padding, and several in one field", () => {
  const fields = ["x-bin", "AA==,AAE=, AAEC,AA", "y-bin", "AAE"];
  assertEquals(malformedMetadata(fields), undefined);
  assertEquals([...metadataOf(fields)].map(([name, value]) => `${name} ${value}`), [
    ...["x-bin 0", "x-bin 0,1", "x-bin 0,1,2", "x-bin 0", "y-bin 0,1"],
  ]);
  assertEquals(encodeBase64(new Uint8Array([0])), "AA");
});

Deno.test("a -bin value that is no base64 is malformed, and only that", () => {
  for (const value of ["A", "AAAAA", "-_", "A*", "AA=", "====", "AA,A", "\xff"]) {
    assertEquals(malformedMetadata(["x-bin", value]), "the value of x-bin is no base64", value);
    assertEquals(malformedMetadata(["x-text", value]), undefined);
  }
  assertEquals(decodeBase64("A"), undefined);
});

Deno.test("fields of HTTP/2 and gRPC are not the application's", () => {
  for (const name of [":path", "grpc-timeout", "grpc-foo-bin", "content-type", "te", "user-agent", "host", "date"]) {
    assertEquals(isApplicationField(name), false, name);
    assertEquals(metadataOf([name, "x"]).size, 0);
  }
  for (const name of ["grpc", "x-grpc-a", "authorization", "cookie", "tex"]) {
    assertEquals(isApplicationField(name), true);
  }
});
