import { netPermissions, requirePermissions } from "../base/permissions.ts";
import { advertisedAddress, advertisePermissions } from "../registry/advertise.ts";
import { transportPermissions } from "../transport/choose.ts";
import type { ServerOptions } from "./options.ts";
import type { Settings } from "./settings.ts";
import { registrationOf } from "./registration.ts";

/**
 * Checks the permissions and the registration before a server opens anything.
 *
 * @throws {Deno.errors.NotCapable} If a permission is missing. The error shows the command that grants all of them.
 * @throws {TypeError} If the registry does not accept the registration.
 */
export function preflight(options: ServerOptions, { address, healthAddress }: Settings): void {
  const { registry, advertise, name, policy, transport } = options;
  const needed = [...netPermissions(address), ...transportPermissions(transport)];
  if (healthAddress) needed.push(...netPermissions(healthAddress));
  if (registry) needed.push(...registry.permissions, ...advertisePermissions(address, advertise));
  if (policy) needed.push(...policy.permissions);
  requirePermissions(`createServer(${JSON.stringify(name)})`, needed);
  // Port 0 is not the real port yet. The longest port number stands in for it in the check.
  const likely = address.kind === "tcp" && address.port === 0 ? { ...address, port: 65535 } : address;
  registry?.check?.(registrationOf(options, advertisedAddress(likely, advertise).address));
}
