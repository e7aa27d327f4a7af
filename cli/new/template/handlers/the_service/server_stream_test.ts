import { Status } from "../../../../../mod.ts";
import { assertRpcError, testPair } from "../../../../../testing/mod.ts";
import { TheService } from "../../idl/the.ts";
import { serverStream } from "./server_stream.ts";

Deno.test("ServerStream() is not implemented yet", async () => {
  await using pair = await testPair(TheService, { serverStream });
  await assertRpcError(pair.client.serverStream({}), { code: Status.UNIMPLEMENTED });
});
