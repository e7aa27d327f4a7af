// deno-lint-ignore-file no-import-prefix -- a remote module has no import map: full specifiers stand only here
/**
 * The package of the entry `./grpc_js`: `mod.ts` does not reach it, so that it is downloaded only for those who import
 * the entry.
 *
 * @module
 */

export type * as grpc from "npm:@grpc/grpc-js@1.14.7";
/** Loads grpc-js, which reads the environment while it loads. */
export const loadGrpcJs = (): Promise<typeof import("npm:@grpc/grpc-js@1.14.7")> => import("npm:@grpc/grpc-js@1.14.7");
