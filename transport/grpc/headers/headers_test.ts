import { isApplicationField } from "../../application_fields.ts";
import { assertEquals } from "@std/assert";
import { Metadata } from "../../../rpc/metadata.ts";
import { Status } from "../../../rpc/status.ts";
import { DEFAULT_LIMITS } from "../../limit_fields.ts";
import { addMetadata, decodeBase64, encodeBase64, fieldsExcess, malformedMetadata, metadataOf } from "./headers.ts";
import { readRequest } from "./request.ts";

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

Deno.test("-bin values are read with and without padding, and several from one field", () => {
  const fields = ["x-bin", "AA==,AAE=, AAEC,AA", "y-bin", "AAE"];
  assertEquals(malformedMetadata(fields), undefined);
  assertEquals([...metadataOf(fields)].map(([name, value]) => `${name} ${value}`), [
    ...["x-bin 0", "x-bin 0,1", "x-bin 0,1,2", "x-bin 0", "y-bin 0,1"],
  ]);
  assertEquals(encodeBase64(new Uint8Array([0])), "AA");
});

Deno.test("a -bin value that is not base64 is malformed; other values are not", () => {
  for (const value of ["A", "AAAAA", "-_", "A*", "AA=", "====", "AA,A", "\xff"]) {
    assertEquals(malformedMetadata(["x-bin", value]), "the value of x-bin is no base64", value);
    assertEquals(malformedMetadata(["x-text", value]), undefined);
  }
  assertEquals(decodeBase64("A"), undefined);
  const fields = ["x-bin", "AA,A,AQ", "y-bin", "*", "x", "1"];
  assertEquals([...metadataOf(fields)].map(([name, value]) => `${name} ${value}`), ["x-bin 0", "x-bin 1", "x 1"]);
});

Deno.test("each of the values in a -bin field counts as an entry, and none is decoded before they are counted", () => {
  const list = (count: number) => ["x-bin", Array(count).fill("").join(",")];
  const limits = { ...DEFAULT_LIMITS, metadataEntries: 100 };
  assertEquals(fieldsExcess(list(100), limits, "the header"), undefined);
  const excess = fieldsExcess(list(101), limits, "the header")!;
  assertEquals([excess.code, excess.rawMessage.slice(0, 25)], [Status.RESOURCE_EXHAUSTED, "the header has 101 fields"]);
  assertEquals(fieldsExcess(["x-text", ",".repeat(5000), "grpc-a-bin", ",".repeat(5000)], limits, "it"), undefined);
  const request = [":method", "POST", ":path", "/a.B/C", "content-type", "application/grpc"];
  assertEquals(readRequest([...request, ...list(101)], false, limits).refusal!.limit, "metadataEntries");
  assertEquals(readRequest([...request, ...list(100)], false, limits).refusal, undefined);
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
