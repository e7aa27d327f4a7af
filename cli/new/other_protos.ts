import { join, relative } from "node:path";
import { type LoadedFile, loadProto } from "../../codegen/load/load.ts";
import { ProtoProblem } from "../../codegen/problem.ts";
import { findFiles, readText } from "../files.ts";
import { isProject } from "../generate/sources_file.ts";

/**
 * Reads the .proto files in idl/ that the main .proto does not import: those of services that the project calls.
 *
 * @returns For each file, by its path in idl/, the file and all files that it imports.
 * @throws {ProtoProblem} If a file contains a mistake.
 */
export function loadOthers(
  root: string,
  files: ReadonlyMap<string, LoadedFile>,
): ReadonlyMap<string, ReadonlyMap<string, LoadedFile>> {
  if (!isProject(root)) return new Map();
  const folder = join(root, "idl");
  const read = (name: string) => files.get(name)?.source.text ?? readText(join(folder, name));
  const names = [...findFiles(folder, ".proto")].map((path) => relative(folder, path).replaceAll("\\", "/"));
  const load = (name: string): [string, ReadonlyMap<string, LoadedFile>] => {
    try {
      return [name, loadProto(name, read)];
    } catch (error) {
      if (!(error instanceof ProtoProblem)) throw error;
      throw error.renamed((file) => join(folder, file));
    }
  };
  return new Map(names.filter((name) => !files.has(name)).map(load));
}
