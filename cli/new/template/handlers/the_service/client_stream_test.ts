import { Status } from "../../../../../mod.ts";
import { assertRpcError, testPair } from "../../../../../testing/mod.ts";
import { TheService } from "../../idl/the.ts";
import { clientStream } from "./client_stream.ts";

Deno.test("ClientStream() is not implemented yet", async () => {
  await using pair = await testPair(TheService, { clientStream });
  await assertRpcError(pair.client.clientStream(ReadableStream.from([{}])), { code: Status.UNIMPLEMENTED });
});
