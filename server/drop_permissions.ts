import type { ServerOptions } from "./options.ts";
import type { Settings } from "./settings.ts";

/**
 * Drops the permissions that a serving process no longer needs. Net is kept, because Deno can't narrow it to a list; if
 * net is granted for every host, a warning is logged.
 *
 * @param options The options of the server. The permissions of its registry and of its policy source are kept, such as
 * read access to a token file.
 * @param settings The settings of the server. The permissions of its workers are kept, because the main thread replaces
 * workers that end.
 */
export function dropPermissions(
  { registry, policy }: ServerOptions,
  { address, workers, logger }: Settings,
): void {
  const names = new Set<Deno.PermissionDescriptor["name"]>(["read", "write", "env", "run", "sys", "ffi", "import"]);
  // The server removes the file of its unix socket when it stops.
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
