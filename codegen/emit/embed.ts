import type { FieldJson, FileJson, MessageJson } from "../../codec/descriptor/json_types.ts";
import { readFile } from "../../codec/descriptor/read.ts";
import type { ProtoDescriptor } from "../../codec/file.ts";
import { DESCRIPTOR, isWellKnown } from "../load/known.ts";
import type { LoadedFile } from "../load/load.ts";

/**
 * A file's descriptor as generated code holds it. Extensions are left out whose types are in files that generated code
 * does not import: a descriptor needs all the types that it names.
 *
 * @param files All files that are on the disk.
 * @param comments Whether comments are kept.
 */
export function embedded(
  { descriptor, name, imports, symbols }: LoadedFile,
  files: ReadonlyMap<string, LoadedFile>,
  comments = false,
): ProtoDescriptor {
  const known = [name, ...imports].flatMap((one) => files.get(one)?.symbols ?? []);
  const has = (typeName = "", orOptions: boolean) => {
    const fullName = typeName.slice(1);
    return typeName === "" || symbols.has(fullName) || known.some((one) => one.has(fullName)) ||
      /^\.google\.protobuf\.\w+$/.test(typeName) && (orOptions || imports.some(isWellKnown));
  };
  const isWhole = ({ typeName, extendee }: FieldJson) => has(extendee, true) && has(typeName, false);
  const inside = <T extends FileJson | MessageJson>(one: T): T => ({
    ...one,
    extension: one.extension?.filter(isWhole),
    ...("nestedType" in one && { nestedType: one.nestedType?.map(inside) }),
    ...("messageType" in one && { messageType: one.messageType?.map(inside) }),
  });
  const all = inside(descriptor);
  return readFile(comments ? all : withoutComments(all));
}

/** The names in a descriptor's JSON are its own, none are the user's. */
const withoutComments = (json: FileJson): FileJson =>
  JSON.parse(JSON.stringify(json, (key, value) => key === "comment" ? undefined : value));

/** The files that generated code imports for a file: all that its types need, but for those without TypeScript. */
export const codeImports = (
  { imports, publicImports }: LoadedFile,
  files: ReadonlyMap<string, LoadedFile>,
): [imports: string[], publicImports: string[]] => {
  const hasCode = (name: string) => name !== DESCRIPTOR && isWellKnown(name) || files.has(name);
  return [imports.filter(hasCode), publicImports.filter(hasCode)];
};
