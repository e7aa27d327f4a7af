import assert from "node:assert/strict";
import { TheService } from "../../idl/the.ts";
import { connect } from "../connect.ts";

Deno.test("ClientStream() gives a reply for all requests", async () => {
  await using pair = await connect(TheService);
  const reply = await pair.client.clientStream(ReadableStream.from([{}, {}]));
  assert.deepEqual(reply, TheService.methods.clientStream.response.decode(new Uint8Array()));
});
