import { dirname, join, relative } from "node:path";
import type { ProtoFile } from "../codec/file.ts";
import { readProtoFiles } from "../codegen/files.ts";

/**
 * Reads .proto files from disk, with all that they import.
 *
 * @param given Their paths, or, as with protoc, what imports call them.
 * @param importPaths Folders where imports are looked for, beside those of the files themselves.
 * @throws {ProtoProblem} If one has a mistake, or there is none.
 */
export function readLocalFiles(given: readonly string[], importPaths: readonly string[]): Map<string, ProtoFile> {
  const isThere = (path: string) => readText(path) !== undefined;
  const files = given.map((file) => [file, ...importPaths.map((path) => join(path, file))].find(isThere) ?? file);
  const folders = [...importPaths, ...new Set(files.map((file) => dirname(file)))];
  const read = (name: string) => {
    for (const folder of folders) {
      const text = readText(join(folder, name));
      if (text !== undefined) return text;
    }
  };
  return readProtoFiles(files.map((file) => nameIn(folders, file)), read);
}

/** A file's name as others would import it: from the first folder that it is in. */
function nameIn(folders: readonly string[], file: string): string {
  const names = folders.map((folder) => relative(folder, file).replaceAll("\\", "/"));
  return names.find((name) => !name.startsWith("../"))!;
}

function readText(path: string): string | undefined {
  try {
    return Deno.readTextFileSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}
