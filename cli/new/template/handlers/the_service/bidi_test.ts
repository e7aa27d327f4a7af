import { Status } from "../../../../../mod.ts";
import { assertRpcError, testPair } from "../../../../../testing/mod.ts";
import { TheService } from "../../idl/the.ts";
import { bidi } from "./bidi.ts";

Deno.test("Bidi() is not implemented yet", async () => {
  await using pair = await testPair(TheService, { bidi });
  await assertRpcError(pair.client.bidi(ReadableStream.from([{}])), { code: Status.UNIMPLEMENTED });
});
