import { visible } from "../base/visible.ts";
import type { Instance } from "../mod.ts";

/** What has happened to an instance. */
export interface Change {
  readonly change: "added" | "changed" | "removed";
  /** As it is now, or as it was when it went. */
  readonly instance: Instance;
  /** As it was before it was changed. */
  readonly before?: Instance;
}

/** What is new against what was seen, which becomes what there is. */
export function changes(seen: Map<string, Instance>, instances: readonly Instance[]): Change[] {
  const now = new Map(instances.map((one) => [one.address, one]));
  const all: Change[] = [];
  for (const [address, instance] of seen) if (!now.has(address)) all.push({ change: "removed", instance });
  for (const [address, instance] of now) {
    const before = seen.get(address);
    if (before === undefined) all.push({ change: "added", instance });
    else if (facts(before) !== facts(instance)) all.push({ change: "changed", instance, before });
  }
  seen.clear();
  for (const one of now) seen.set(...one);
  return all;
}

/** What is known of an instance. */
export const facts = ({ weight, tags, meta }: Instance): string =>
  [`weight=${weight}`, shown(tagsOf(tags)), shown(factsOf(meta))].filter(Boolean).join(" ");

/** Tags as Consul has them. */
export const tagsOf = (tags: Instance["tags"]): string[] =>
  [...tags].map(([key, value]) => value === "" ? key : `${key}:${value}`);

/** Meta, for people. */
export const factsOf = (meta: Instance["meta"]): string[] => [...meta].map(([key, value]) => `${key}=${value}`);

/** Whatever others have registered does nothing to the terminal. */
export const shown = (texts: readonly string[]): string => visible(texts.join(" "));
