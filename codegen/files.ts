import { wellKnownFile } from "../codec/descriptor/well_known_file.ts";
import { type ProtoFile, protoFile } from "../codec/file.ts";
import { codeImports, embedded } from "./emit/embed.ts";
import { ProtoLoader } from "./load/load.ts";
import { checkSupported, isSupported } from "./emit/supported.ts";

/**
 * Reads .proto files, to be used without generated code.
 *
 * @param names The files, as imports would name them.
 * @param read Gives the text of a file, or undefined if there is none.
 * @returns These files and all that they import, by name; but for the well-known ones, and those of which options alone
 * can be used.
 * @throws {ProtoProblem} If one has a mistake.
 */
export function readProtoFiles(
  names: Iterable<string>,
  read: (name: string) => string | undefined,
): Map<string, ProtoFile> {
  const files = new Map<string, ProtoFile>();
  const loader = new ProtoLoader(read);
  for (const name of names) {
    const loaded = loader.load(name);
    checkSupported(loaded.get(name)!, loaded, false);
    const make = (name: string): ProtoFile => {
      const known = files.get(name) ?? wellKnownFile(name);
      if (known) return known;
      const file = loaded.get(name)!;
      const [imports, publicImports] = codeImports(file, loaded).map((list) => list.map(make));
      const made = protoFile(name, embedded(file, loaded, true), imports, publicImports);
      files.set(name, made);
      return made;
    };
    for (const [one, file] of loaded) if (one === name || isSupported(file, loaded)) make(one);
  }
  return files;
}
