import { outsideScopes } from "../base/outside_scopes.ts";
import type { ClientTransport, ServerTransport, Transport } from "./transport.ts";

/** The name of the kit's own transport. The entry `./grpc_js` provides another transport. */
export type TransportName = "http2";

/** The permissions that a transport needs beyond those for its sockets. */
export function transportPermissions(
  choice: ServerTransport | ClientTransport | TransportName = "http2",
): readonly Deno.PermissionDescriptor[] {
  return typeof choice === "object" ? choice.permissions : [];
}

/** Returns the transport of an option. The code of the kit's own transport is loaded here and not before. */
export async function chooseTransport<T extends ServerTransport | ClientTransport>(
  choice: T | TransportName = "http2",
): Promise<T | Transport> {
  if (typeof choice === "object") return choice;
  return await outsideScopes(async () => (await import("./grpc/mod.ts")).http2Transport());
}
