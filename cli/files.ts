import { join, relative } from "node:path";
import { EXIT, Failure } from "./output/failure.ts";

/** Returns the text of a file; undefined if the file does not exist. */
export function readText(path: string): string | undefined {
  try {
    return Deno.readTextFileSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) return undefined;
    throw error;
  }
}

/** Whether a file or folder exists. */
export function isThere(path: string): boolean {
  try {
    return Deno.statSync(path) !== undefined;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) return false;
    throw error;
  }
}

/**
 * Finds a .proto file named on the command line: by its path or, as in protoc, by the name that imports use.
 *
 * @param folders The folders of -I.
 * @param description The file's description, for messages.
 * @throws {Failure} If the file does not exist.
 */
export function namedFile(file: string, folders: readonly string[] = [], description: string = file): string {
  const path = [file, ...folders.map((folder) => join(folder, file))].find(isThere);
  if (path !== undefined) return path;
  const where = folders.length === 0 ? "; -I DIR adds a folder to look in" : `, nor in ${folders.join(", ")}`;
  throw new Failure(`${description}: no such file${where}`, undefined, EXIT.usage);
}

/** @throws {Failure} If a folder of -I does not exist. */
export function checkFolders(folders: readonly string[] = []): void {
  for (const folder of folders) {
    if (!mayBeFolder(folder)) throw new Failure(`-I ${folder}: no such folder`, undefined, EXIT.usage);
  }
}

function mayBeFolder(path: string): boolean {
  try {
    return Deno.statSync(path).isDirectory;
  } catch (error) {
    // A folder that can't be inspected may still contain readable files.
    return !(error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory);
  }
}

/** Yields the files below a folder whose names end with `end`, sorted. */
export function* findFiles(folder: string, end: string): Generator<string> {
  for (const entry of [...Deno.readDirSync(folder)].sort((a, b) => a.name < b.name ? -1 : 1)) {
    if (entry.name.startsWith(".") || entry.name === "node_modules") continue; // others' files
    const path = join(folder, entry.name);
    if (entry.isDirectory) yield* findFiles(path, end);
    else if (entry.name.endsWith(end)) yield path;
  }
}

/**
 * Returns the name by which other .proto files import a file: its path relative to the first folder that contains it.
 */
export function importName(folders: readonly string[], file: string): string {
  const names = folders.map((folder) => relative(folder, file).replaceAll("\\", "/"));
  return names.find((name) => !name.startsWith("../"))!;
}
