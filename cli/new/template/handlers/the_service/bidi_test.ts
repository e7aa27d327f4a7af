import assert from "node:assert/strict";
import { testPair } from "../../../../../testing/mod.ts";
import { TheService } from "../../idl/the.ts";
import { bidi } from "./bidi.ts";

Deno.test("Bidi() gives a reply for each request", async () => {
  await using pair = await testPair(TheService, { bidi });
  const replies = await Array.fromAsync(pair.client.bidi(ReadableStream.from([{}, {}])));
  assert.equal(replies.length, 2);
});
