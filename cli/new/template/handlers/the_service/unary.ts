import { type Handler, RpcError, Status } from "../../../../../mod.ts";
import type { TheService } from "../../idl/the.ts";

/** Serves template.TheService/Unary. */
export const unary: Handler<typeof TheService.methods.unary> = (_request, _context) => {
  // Your code: `return { ... }`. A field that is left out is sent as its default.
  throw new RpcError(Status.UNIMPLEMENTED, "Unary is not implemented yet: edit handlers/the_service/unary.ts");
};
