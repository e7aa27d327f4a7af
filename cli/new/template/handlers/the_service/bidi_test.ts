import assert from "node:assert/strict";
import { TheService } from "../../idl/the.ts";
import { connect } from "../connect.ts";

Deno.test("Bidi() gives a reply for each request", async () => {
  await using pair = await connect(TheService);
  const replies = await Array.fromAsync(pair.client.bidi(ReadableStream.from([{}, {}])));
  assert.equal(replies.length, 2);
});
