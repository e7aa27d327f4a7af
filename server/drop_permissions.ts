import type { Address } from "../rpc/address.ts";
import type { Logger } from "../rpc/logger.ts";
import type { ServerOptions, Workers } from "./options.ts";

/**
 * Gives up what a serving process no longer needs. Net stays as it was granted, because Deno can't narrow it to a list; where it
 * was granted for every host, a warning says so.
 *
 * @param address Where it serves.
 * @param registry Where it is registered: what that lists stays, such as the file of its token.
 * @param workers Its workers: what they may do stays, as this thread starts them anew if they end.
 */
export function dropPermissions(
  address: Address,
  registry: ServerOptions["registry"],
  workers: Workers | undefined,
  logger: Logger,
): void {
  const names = new Set<Deno.PermissionDescriptor["name"]>(["read", "write", "env", "run", "sys", "ffi", "import"]);
  // The file of a unix socket is removed at the end.
  if (address.kind === "unix") names.delete("write");
  for (const { name } of registry?.permissions ?? []) names.delete(name);
  if (workers) {
    for (const [name, granted] of Object.entries({ read: true, import: true, ...workers.permissions })) {
      if (granted !== false) names.delete(name as Deno.PermissionDescriptor["name"]);
    }
  }
  for (const name of names) Deno.permissions.revokeSync({ name } as Deno.PermissionDescriptor);
  if (Deno.permissions.querySync({ name: "net" }).state === "granted") {
    logger.warn(
      "net is granted for every host, and dropPermissions can't narrow it: grant only the addresses it needs",
    );
  }
}
