import type { Address } from "../rpc/address.ts";
import type { Logger } from "../rpc/logger.ts";

/**
 * Gives up what a serving process no longer needs. Net stays as it was granted, because Deno can't narrow it to a list; where it
 * was granted for every host, a warning says so.
 */
export function dropPermissions(address: Address, logger: Logger): void {
  const names: Deno.PermissionDescriptor["name"][] = ["read", "env", "run", "sys", "ffi", "import"];
  // The file of a unix socket is removed at the end.
  if (address.kind !== "unix") names.push("write");
  for (const name of names) Deno.permissions.revokeSync({ name } as Deno.PermissionDescriptor);
  if (Deno.permissions.querySync({ name: "net" }).state === "granted") {
    logger.warn(
      "net is granted for every host, and dropPermissions can't narrow it: grant only the addresses it needs",
    );
  }
}
