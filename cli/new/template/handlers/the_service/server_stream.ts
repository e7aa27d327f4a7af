import { type Handler, RpcError, Status } from "../../../../../mod.ts";
import type { TheService } from "../../idl/the.ts";

/** Serves template.TheService/ServerStream. */
// deno-lint-ignore require-yield -- your code will yield the replies
export const serverStream: Handler<typeof TheService.methods.serverStream> = async function* (_request, _context) {
  // Your code: `yield { ... }` for each reply.
  throw new RpcError(
    Status.UNIMPLEMENTED,
    "ServerStream is not implemented yet: edit handlers/the_service/server_stream.ts",
  );
};
