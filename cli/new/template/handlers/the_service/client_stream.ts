import { type Handler, RpcError, Status } from "../../../../../mod.ts";
import type { TheService } from "../../idl/the.ts";

/** Serves template.TheService/ClientStream. */
// deno-lint-ignore require-await -- your code will await the requests
export const clientStream: Handler<typeof TheService.methods.clientStream> = async (_requests, _context) => {
  // Your code: `for await (const request of requests) { ... }`, then `return { ... }`.
  throw new RpcError(
    Status.UNIMPLEMENTED,
    "ClientStream is not implemented yet: edit handlers/the_service/client_stream.ts",
  );
};
