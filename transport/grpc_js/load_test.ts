import { assert, assertEquals } from "@std/assert";
import { needs } from "../../tests/needs.ts";
import { load, type RawMetadata } from "./load.ts";
import type { RawServer } from "./listen.ts";

needs([{ name: "env" }], "grpc-js 1.14.7 has the private names that are patched", async () => {
  const grpc = await load();
  const metadata = new grpc.Metadata();
  metadata.set("a", "b");
  assertEquals((metadata as unknown as RawMetadata).internalRepr.get("a"), ["b"]);
  const server = new grpc.Server() as unknown as RawServer & { _setupHandlers: unknown };
  assert(server.handlers instanceof Map);
  assertEquals(typeof server._streamHandler, "function");
  assertEquals(typeof server.createHttp2Server, "function");
  assertEquals(typeof server._setupHandlers, "function");
  assertEquals(grpc.Metadata.fromHttp2Headers({ city: "\xe5\x8c\x97\xe4\xba\xac" }).get("city"), ["北京"]);
});
