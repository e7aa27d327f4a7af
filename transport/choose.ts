import { checkList, checkObject } from "../base/option_checks.ts";
import { outsideScopes } from "../base/outside_scopes.ts";
import type { Transport } from "./transport.ts";

/** A transport, or the name of one that the kit brings. @default {"http2"} */
export type TransportChoice = Transport | "http2" | "grpc-js";

/** The transports that have a name: what they need beyond their sockets, and how they are loaded. */
const NAMED = {
  "http2": {
    permissions: [],
    load: async () => (await import("./grpc/mod.ts")).http2Transport(),
  },
  "grpc-js": {
    // It reads the environment while it loads.
    permissions: [{ name: "env", variable: "GRPC_*" }],
    load: async () => (await import("./grpc_js/mod.ts")).grpcJsTransport(),
  },
} as const satisfies Record<
  string,
  { permissions: readonly Deno.PermissionDescriptor[]; load: () => Promise<Transport> }
>;

/** What the transport of a choice needs beyond its sockets. */
export function transportPermissions(choice: TransportChoice = "http2"): readonly Deno.PermissionDescriptor[] {
  return typeof choice === "object" ? choice.permissions : NAMED[choice].permissions;
}

/**
 * The transport for a choice. What the named ones are made of is loaded here and not before.
 *
 * @param who The function, for the message.
 * @throws {TypeError} If there is none of that name.
 */
export async function chooseTransport(who: string, choice: TransportChoice = "http2"): Promise<Transport> {
  checkTransport(who, choice);
  return typeof choice === "object" ? choice : await outsideScopes(NAMED[choice].load);
}

/** As {@linkcode chooseTransport} checks, at once. */
export function checkTransport(who: string, choice: TransportChoice = "http2"): void {
  if (typeof choice === "object" && choice !== null) {
    checkObject(`${who}: transport`, choice, "one such as memoryTransport()", ["listen", "connect"]);
    checkList(`${who}: transport.permissions`, choice.permissions, "a list");
    return;
  }
  if (Object.hasOwn(NAMED, choice)) return;
  const names = Object.keys(NAMED).map((name) => JSON.stringify(name)).join(", ");
  throw new TypeError(
    `${who}: transport is ${JSON.stringify(choice)}; use ${names} or a transport such as memoryTransport()`,
  );
}
