import type { ClientPolicy } from "./policy.ts";
import type { ServerPolicy } from "./server_policy.ts";

/**
 * Returns a policy in which each field of `over` replaces the field of `under`. Entries of methods are merged field by
 * field too, so a setting for one method keeps the settings of the other methods.
 */
export function mergePolicy<T extends ClientPolicy | ServerPolicy>(under: T, over: T): T {
  const merged = { ...under, ...over };
  if (!under.methods || !over.methods) return merged;
  const methods: Record<string, object> = Object.assign(Object.create(null), under.methods);
  for (const [name, policy] of Object.entries(over.methods)) methods[name] = { ...methods[name], ...policy };
  return { ...merged, methods };
}
