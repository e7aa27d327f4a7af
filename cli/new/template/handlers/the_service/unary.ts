import type { Handler } from "../../../../../mod.ts";
import type { TheService } from "../../idl/the.ts";

/** Serves template.TheService/Unary. */
export const unary: Handler<typeof TheService.methods.unary> = (_request, _context) => {
  return {}; // Your code. A field that is left out is sent as its default.
};
