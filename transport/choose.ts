import type { Transport } from "./transport.ts";

/** A transport, or the name of one that the kit brings. @default {"grpc-js"} */
export type TransportChoice = Transport | "grpc-js";

/** What grpc-js reads while it loads. */
const GRPC_JS_PERMISSIONS: readonly Deno.PermissionDescriptor[] = [{ name: "env", variable: "GRPC_*" }];

/** What the transport of a choice needs beyond its sockets. */
export function transportPermissions(choice: TransportChoice = "grpc-js"): readonly Deno.PermissionDescriptor[] {
  return typeof choice === "object" ? choice.permissions : GRPC_JS_PERMISSIONS;
}

/**
 * The transport for a choice. What the named ones are made of is loaded here and not before.
 *
 * @param who The function, for the message.
 * @throws {TypeError} If there is none of that name.
 */
export async function chooseTransport(who: string, choice: TransportChoice = "grpc-js"): Promise<Transport> {
  if (typeof choice === "object" && choice !== null) return choice;
  checkTransport(who, choice);
  const { grpcJsTransport } = await import("./grpc_js/mod.ts");
  return grpcJsTransport();
}

/** As {@linkcode chooseTransport} checks, at once. */
export function checkTransport(who: string, choice: TransportChoice = "grpc-js"): void {
  if (choice === "grpc-js" || (typeof choice === "object" && choice !== null)) return;
  throw new TypeError(
    `${who}: transport is ${JSON.stringify(choice)}; use "grpc-js" or a transport such as memoryTransport()`,
  );
}
