import { join, relative } from "node:path";
import { type LoadedFile, loadProto } from "../../codegen/load.ts";
import { ProtoProblem } from "../../codegen/problem.ts";
import { findFiles, readText } from "../files.ts";
import { SOURCES } from "./idl.ts";

/**
 * Reads the .proto files in idl/ that the main one does not import: those of services that this one calls.
 *
 * @returns For each of them, by its path in idl/, it and all that it imports.
 * @throws {ProtoProblem} If one has a mistake.
 */
export function loadOthers(
  root: string,
  files: ReadonlyMap<string, LoadedFile>,
): ReadonlyMap<string, ReadonlyMap<string, LoadedFile>> {
  if (readText(join(root, SOURCES)) === undefined) return new Map(); // not a project yet
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
