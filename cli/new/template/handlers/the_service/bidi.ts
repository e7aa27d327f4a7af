import type { Handler } from "../../../../../mod.ts";
import type { TheService } from "../../idl/the.ts";

/** Serves template.TheService/Bidi. */
export const bidi: Handler<typeof TheService.methods.bidi> = async function* (requests, _context) {
  for await (const _request of requests) {
    yield {}; // Your code. A field that is left out is sent as its default.
  }
};
