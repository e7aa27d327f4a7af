import { visible } from "../../base/text/visible.ts";
import type { Instance } from "../../mod.ts";

/** A change of an instance. */
export interface Change {
  readonly change: "added" | "changed" | "removed";
  /** The instance now, or the last known one if it was removed. */
  readonly instance: Instance;
  /** The instance before the change. */
  readonly before?: Instance;
}

/** Returns the changes between `seen` and `instances`, and updates `seen`. */
export function changes(seen: Map<string, Instance>, instances: readonly Instance[]): Change[] {
  const now = new Map(instances.map((instance) => [instance.address, instance]));
  const all: Change[] = [];
  for (const [address, instance] of seen) if (!now.has(address)) all.push({ change: "removed", instance });
  for (const [address, instance] of now) {
    const before = seen.get(address);
    if (before === undefined) all.push({ change: "added", instance });
    else if (facts(before) !== facts(instance)) all.push({ change: "changed", instance, before });
  }
  seen.clear();
  for (const entry of now) seen.set(...entry);
  return all;
}

/** Returns an instance's weight, tags and meta as text. */
export const facts = ({ weight, tags, meta }: Instance): string =>
  [`weight=${weight}`, shown(tagsOf(tags)), shown(factsOf(meta))].filter(Boolean).join(" ");

/** Returns tags in Consul's form. */
export const tagsOf = (tags: Instance["tags"]): string[] =>
  [...tags].map(([key, value]) => value === "" ? key : `${key}:${value}`);

/** Returns meta as text. */
export const factsOf = (meta: Instance["meta"]): string[] => [...meta].map(([key, value]) => `${key}=${value}`);

/** Joins texts, and escapes control characters that would affect the terminal. */
export const shown = (texts: readonly string[]): string => visible(texts.join(" "));
