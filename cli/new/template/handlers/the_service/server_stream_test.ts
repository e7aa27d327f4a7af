import assert from "node:assert/strict";
import { testPair } from "../../../../../testing/mod.ts";
import { TheService } from "../../idl/the.ts";
import { serverStream } from "./server_stream.ts";

Deno.test("ServerStream() gives replies", async () => {
  await using pair = await testPair(TheService, { serverStream });
  const replies = await Array.fromAsync(pair.client.serverStream({}));
  assert.deepEqual(replies, [{ text: "" }]);
});
