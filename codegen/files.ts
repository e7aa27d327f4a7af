import { wellKnownFile } from "../codec/descriptor/well_known_file.ts";
import { type ProtoDescriptor, type ProtoFile, protoFile } from "../codec/file.ts";
import { loadProto } from "./load.ts";
import { pinned } from "./pin.ts";

/**
 * Reads .proto files, to be used without generated code.
 *
 * @param names The files, as imports would name them.
 * @param read Gives the text of a file, or undefined if there is none.
 * @returns These files and all that they import, by name; but for the well-known ones.
 * @throws {ProtoProblem} If one has a mistake.
 */
export function readProtoFiles(
  names: Iterable<string>,
  read: (name: string) => string | undefined,
): Map<string, ProtoFile> {
  const files = new Map<string, ProtoFile>();
  for (const name of names) {
    const loaded = loadProto(name, read);
    for (const one of loaded.values()) {
      if (files.has(one.name)) continue;
      pinned(one, loaded);
      const file = (name: string) => files.get(name) ?? wellKnownFile(name)!;
      const lists = [one.imports.map(file), one.publicImports.map(file)] as const;
      files.set(one.name, protoFile(one.name, one.own.toJSON({ keepComments: true }) as ProtoDescriptor, ...lists));
    }
  }
  return files;
}
