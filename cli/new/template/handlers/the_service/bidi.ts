import { type Handler, RpcError, Status } from "../../../../../mod.ts";
import type { TheService } from "../../idl/the.ts";

/** Serves template.TheService/Bidi. */
export const bidi: Handler<typeof TheService.methods.bidi> = (_requests, _context) => {
  // Your function: `async function* (requests) { for await (const request of requests) yield { ... }; }`
  // In a long stream, call `context.draining.throwIfAborted()` before each response: the server is stopping then.
  throw new RpcError(Status.UNIMPLEMENTED, "Bidi is not implemented yet: edit handlers/the_service/bidi.ts");
};
