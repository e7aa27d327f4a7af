import { loadBundledProtos, protobuf } from "../deps.ts";

const bundled = await loadBundledProtos();
const roots = new Map<string, protobuf.Root>();

/** Whether the kit itself has the TypeScript of a file: `pb`. */
export const isWellKnown = (name: string): boolean =>
  name.startsWith("google/protobuf/") && protobuf.common.get(name) !== null;

/** What a file declares that need not be on the disk: a well-known one, or one that options are imported from. */
export function knownFile(name: string): protobuf.Root | undefined {
  let root = roots.get(name);
  if (root === undefined) {
    const json = (isWellKnown(name) ? protobuf.common.get(name) : bundled[name]) as protobuf.INamespace | undefined;
    if (json) roots.set(name, root = new protobuf.Root().addJSON(json.nested ?? {}) as protobuf.Root);
  }
  return root;
}

/** The message of descriptor.proto that has the options of a kind of declaration: `FieldOptions`. */
export const optionsType = (name: string): protobuf.Type =>
  knownFile("google/protobuf/descriptor.proto")!.lookupType(`google.protobuf.${name}`);
