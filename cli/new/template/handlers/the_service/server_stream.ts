import { type Handler, RpcError, Status } from "../../../../../mod.ts";
import type { TheService } from "../../idl/the.ts";

/** Serves template.TheService/ServerStream. */
export const serverStream: Handler<typeof TheService.methods.serverStream> = (_request, _context) => {
  // Your function: `async function* (request) { yield { ... }; }`
  // In a long stream, call `context.draining.throwIfAborted()` before each response: the server is stopping then.
  throw new RpcError(
    Status.UNIMPLEMENTED,
    "ServerStream is not implemented yet: edit handlers/the_service/server_stream.ts",
  );
};
