import assert from "node:assert/strict";
import { testPair } from "../../../../../testing/mod.ts";
import { TheService } from "../../idl/the.ts";
import { unary } from "./unary.ts";

Deno.test("Unary() gives a reply", async () => {
  await using pair = await testPair(TheService, { unary });
  const reply = await pair.client.unary({});
  assert.deepEqual(reply, { text: "" });
});
