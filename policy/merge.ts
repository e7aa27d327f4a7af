import type { ClientPolicy, ServerPolicy } from "./policy.ts";

/**
 * A policy over another: each of its fields replaces the other's, in the entries of methods too. So what is said of one
 * method takes nothing from the others.
 */
export function mergePolicy<T extends ClientPolicy | ServerPolicy>(under: T, over: T): T {
  const merged = { ...under, ...over };
  if (!under.methods || !over.methods) return merged;
  const methods: Record<string, object> = Object.assign(Object.create(null), under.methods);
  for (const [name, policy] of Object.entries(over.methods)) methods[name] = { ...methods[name], ...policy };
  return { ...merged, methods };
}
