import { type Handler, RpcError, Status } from "../../../../../mod.ts";
import type { TheService } from "../../idl/the.ts";

/** Serves template.TheService/ClientStream. */
export const clientStream: Handler<typeof TheService.methods.clientStream> = (_requests, _context) => {
  // Your function: `async (requests) => { for await (const request of requests) { ... } return { ... }; }`
  throw new RpcError(
    Status.UNIMPLEMENTED,
    "ClientStream is not implemented yet: edit handlers/the_service/client_stream.ts",
  );
};
