import { type Handler, RpcError, Status } from "../../../../../mod.ts";
import type { TheService } from "../../idl/the.ts";

/** Serves template.TheService/Bidi. */
// deno-lint-ignore require-yield -- your code will yield the replies
export const bidi: Handler<typeof TheService.methods.bidi> = async function* (_requests, _context) {
  // Your code: `for await (const request of requests) yield { ... }`.
  throw new RpcError(Status.UNIMPLEMENTED, "Bidi is not implemented yet: edit handlers/the_service/bidi.ts");
};
