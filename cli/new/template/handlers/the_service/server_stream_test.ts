import assert from "node:assert/strict";
import { TheService } from "../../idl/the.ts";
import { connect } from "../connect.ts";

Deno.test("ServerStream() gives replies", async () => {
  await using pair = await connect(TheService);
  const replies = await Array.fromAsync(pair.client.serverStream({}));
  assert.deepEqual(replies, [TheService.methods.serverStream.response.decode(new Uint8Array())]);
});
