import { checkList, checkObject } from "../base/option_checks.ts";
import { outsideScopes } from "../base/outside_scopes.ts";
import type { ClientTransport, ServerTransport, Transport } from "./transport.ts";

/** The name of a transport that is part of the kit. */
export type TransportName = "http2" | "grpc-js";

/** The transports by name, with the permissions beyond those for sockets and the code that loads them. */
const NAMED = {
  "http2": {
    permissions: [],
    load: async () => (await import("./grpc/mod.ts")).http2Transport(),
  },
  "grpc-js": {
    // grpc-js reads the environment while it loads.
    permissions: [{ name: "env", variable: "GRPC_*" }],
    load: async () => (await import("./grpc_js/mod.ts")).grpcJsTransport(),
  },
} as const satisfies Record<
  TransportName,
  { permissions: readonly Deno.PermissionDescriptor[]; load: () => Promise<Transport> }
>;

/** The permissions that a transport needs beyond those for its sockets. */
export function transportPermissions(
  choice: ServerTransport | ClientTransport | TransportName = "http2",
): readonly Deno.PermissionDescriptor[] {
  return typeof choice === "object" ? choice.permissions : NAMED[choice].permissions;
}

/** Loads a transport by its name. The code of a transport is not loaded before this. Returns an object as it is. */
export async function chooseTransport<T extends ServerTransport | ClientTransport>(
  choice: T | TransportName = "http2",
): Promise<T | Transport> {
  return typeof choice === "object" ? choice : await outsideScopes(NAMED[choice].load);
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
  if (choice === undefined || Object.hasOwn(NAMED, choice as string)) return;
  if (typeof choice === "object" && choice !== null) {
    checkObject(`${who}: transport`, choice, "one such as memoryTransport()", [method]);
    const { permissions } = choice as ServerTransport | ClientTransport;
    return void checkList(`${who}: transport.permissions`, permissions, "a list");
  }
  const names = Object.keys(NAMED).map((name) => JSON.stringify(name)).join(", ");
  throw new TypeError(
    `${who}: transport is ${JSON.stringify(choice)}; use ${names} or a transport such as memoryTransport()`,
  );
}
