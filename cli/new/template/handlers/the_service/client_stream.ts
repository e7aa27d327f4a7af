import type { Handler } from "../../../../../mod.ts";
import type { TheService } from "../../idl/the.ts";

/** Serves template.TheService/ClientStream. */
export const clientStream: Handler<typeof TheService.methods.clientStream> = async (requests, _context) => {
  for await (const _request of requests) {
    // Your code: it runs for each request.
  }
  return {}; // A field that is left out is sent as its default.
};
