import assert from "node:assert/strict";
import { testPair } from "../../../../../testing/mod.ts";
import { TheService } from "../../idl/the.ts";
import { clientStream } from "./client_stream.ts";

Deno.test("ClientStream() gives a reply for all requests", async () => {
  await using pair = await testPair(TheService, { clientStream });
  const reply = await pair.client.clientStream(ReadableStream.from([{}, {}]));
  assert.deepEqual(reply, { text: "" });
});
