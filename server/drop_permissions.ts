import type { ServerOptions, Settings } from "./options.ts";

/**
 * Gives up what a serving process no longer needs. Net stays as it was granted, because Deno can't narrow it to a list;
 * where it was granted for every host, a warning says so.
 *
 * @param options Its registry and the source of its policy: what they list stays, such as the file of a token.
 * @param settings Where it serves. Its workers: what they may do stays, as this thread starts them anew if they end.
 */
export function dropPermissions(
  { registry, policy }: ServerOptions,
  { address, workers, logger }: Settings,
): void {
  const names = new Set<Deno.PermissionDescriptor["name"]>(["read", "write", "env", "run", "sys", "ffi", "import"]);
  // The file of a unix socket is removed at the end.
  if (address.kind === "unix") names.delete("write");
  for (const { name } of [...registry?.permissions ?? [], ...policy?.permissions ?? []]) names.delete(name);
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
