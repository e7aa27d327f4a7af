import { netPermissions, requirePermissions } from "../base/permissions.ts";
import { advertisedAddress, advertisePermissions } from "../registry/advertise.ts";
import { transportPermissions } from "../transport/choose.ts";
import type { ServerOptions, Settings } from "./options.ts";
import { registrationOf } from "./registration.ts";

/**
 * Checks what can be checked before a server touches anything.
 *
 * @throws {Deno.errors.NotCapable} If a permission is missing; the message gives the command that has them all.
 * @throws {TypeError} If the registry can't hold the registration.
 */
export function preflight(options: ServerOptions, { address, healthAddress }: Settings): void {
  const { registry, advertise, name, policy, transport } = options;
  const needed = [...netPermissions(address), ...transportPermissions(transport)];
  if (healthAddress) needed.push(...netPermissions(healthAddress));
  if (registry) needed.push(...registry.permissions, ...advertisePermissions(address, advertise));
  if (policy) needed.push(...policy.permissions);
  requirePermissions(`createServer(${JSON.stringify(name)})`, needed);
  // A port that is chosen when it listens is not known yet.
  const likely = address.kind === "tcp" && address.port === 0 ? { ...address, port: 65535 } : address;
  registry?.check?.(registrationOf(options, advertisedAddress(likely, advertise).address));
}
