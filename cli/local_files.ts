import { dirname, join } from "node:path";
import type { ProtoFile } from "../codec/file.ts";
import { readProtoFiles } from "../codegen/files.ts";
import { importName, namedFile, readText } from "./files.ts";

/**
 * Reads .proto files from disk, with all that they import.
 *
 * @param given Their paths, or, as with protoc, what imports call them.
 * @param importPaths Folders where imports are looked for, beside those of the files themselves.
 * @throws {Failure} If one of the given is not there.
 * @throws {ProtoProblem} If one has a mistake.
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
