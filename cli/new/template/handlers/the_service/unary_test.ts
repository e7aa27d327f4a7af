import assert from "node:assert/strict";
import { TheService } from "../../idl/the.ts";
import { connect } from "../connect.ts";

Deno.test("Unary() gives a reply", async () => {
  await using pair = await connect(TheService);
  const reply = await pair.client.unary({});
  assert.deepEqual(reply, TheService.methods.unary.response.decode(new Uint8Array()));
});
