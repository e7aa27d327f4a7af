import { checkList, checkObject } from "../base/option_checks.ts";
import { outsideScopes } from "../base/outside_scopes.ts";
import type { ClientTransport, ServerTransport, Transport } from "./transport.ts";

/** The name of the kit's own transport. The entry `./grpc_js` has another. */
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

/**
 * Checks the option `transport`.
 *
 * @param who The function that was given the option, for the message.
 * @param choice The option.
 * @param method The method that a transport must have.
 * @throws {TypeError} If the option is neither a name nor a transport.
 */
export function checkTransport(who: string, choice: unknown, method: "listen" | "connect"): void {
  if (choice === undefined || choice === "http2") return;
  if (typeof choice === "object" && choice !== null) {
    checkObject(`${who}: transport`, choice, "one such as memoryTransport()", [method]);
    const { permissions } = choice as ServerTransport | ClientTransport;
    return void checkList(`${who}: transport.permissions`, permissions, "a list");
  }
  throw new TypeError(
    `${who}: transport is ${
      JSON.stringify(choice)
    }; use "http2", or a transport such as memoryTransport() or grpcJs(), which ` +
      "is in the entry ./grpc_js",
  );
}
