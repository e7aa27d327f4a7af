import { dirname, join } from "node:path";
import type { ProtoFile } from "../../codec/file.ts";
import { readProtoFiles } from "../../codegen/files.ts";
import { importName, namedFile, readText } from "../files.ts";

/**
 * Reads .proto files from disk, with all files that they import.
 *
 * @param given The paths or, as in protoc, the names that imports use.
 * @param importPaths Folders to search for imports, in addition to the folders of the given files.
 * @throws {Failure} If a given file does not exist.
 * @throws {ProtoProblem} If a file contains a mistake.
 */
export function readLocalFiles(given: readonly string[], importPaths: readonly string[]): Map<string, ProtoFile> {
  const files = given.map((file) => namedFile(file, importPaths, `--proto ${file}`));
  const folders = [...importPaths, ...new Set(files.map((file) => dirname(file)))];
  const read = (name: string) => {
    for (const folder of folders) {
      const text = readText(join(folder, name));
      if (text !== undefined) return text;
    }
  };
  return readProtoFiles(files.map((file) => importName(folders, file)), read);
}
