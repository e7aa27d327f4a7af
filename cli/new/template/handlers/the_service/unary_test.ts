import { Status } from "../../../../../mod.ts";
import { assertRpcError, testPair } from "../../../../../testing/mod.ts";
import { TheService } from "../../idl/the.ts";
import { unary } from "./unary.ts";

Deno.test("Unary() is not implemented yet", async () => {
  await using pair = await testPair(TheService, { unary });
  await assertRpcError(pair.client.unary({}), { code: Status.UNIMPLEMENTED });
});
