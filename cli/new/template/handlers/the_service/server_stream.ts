import type { Handler } from "../../../../../mod.ts";
import type { TheService } from "../../idl/the.ts";

/** Serves template.TheService/ServerStream. */
export const serverStream: Handler<typeof TheService.methods.serverStream> = async function* (_request, _context) {
  yield {}; // Your code. A field that is left out is sent as its default.
};
