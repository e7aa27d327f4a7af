import { join, relative } from "node:path";
import { EXIT, Failure } from "./exit.ts";

/** The text of a file; undefined if there is none. */
export function readText(path: string): string | undefined {
  try {
    return Deno.readTextFileSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) return undefined;
    throw error;
  }
}

/** Whether there is a file or folder. */
export function isThere(path: string): boolean {
  try {
    return Deno.statSync(path) !== undefined;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) return false;
    throw error;
  }
}

/**
 * Finds a .proto file that the command line names: from here or, as with protoc, by the name that imports have for it.
 *
 * @param folders Those of -I.
 * @param what What is said of it.
 * @throws {Failure} If there is none.
 */
export function namedFile(file: string, folders: readonly string[] = [], what: string = file): string {
  const path = [file, ...folders.map((folder) => join(folder, file))].find(isThere);
  if (path !== undefined) return path;
  const where = folders.length === 0 ? "; -I DIR adds a folder to look in" : `, nor in ${folders.join(", ")}`;
  throw new Failure(`${what}: no such file${where}`, undefined, EXIT.usage);
}

/** @throws {Failure} If a folder that -I names is not there. */
export function checkFolders(folders: readonly string[] = []): void {
  for (const folder of folders) {
    if (!mayBeFolder(folder)) throw new Failure(`-I ${folder}: no such folder`, undefined, EXIT.usage);
  }
}

function mayBeFolder(path: string): boolean {
  try {
    return Deno.statSync(path).isDirectory;
  } catch (error) {
    // One that may not be looked at may hold files that may be read.
    return !(error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory);
  }
}

/** The files in a folder and those within it whose names end so, sorted. */
export function* findFiles(folder: string, end: string): Generator<string> {
  for (const entry of [...Deno.readDirSync(folder)].sort((a, b) => a.name < b.name ? -1 : 1)) {
    if (entry.name.startsWith(".") || entry.name === "node_modules") continue; // others' files
    const path = join(folder, entry.name);
    if (entry.isDirectory) yield* findFiles(path, end);
    else if (entry.name.endsWith(end)) yield path;
  }
}

/** A .proto file's name as others would import it: from the first of the folders that it is in. */
export function importName(folders: readonly string[], file: string): string {
  const names = folders.map((folder) => relative(folder, file).replaceAll("\\", "/"));
  return names.find((name) => !name.startsWith("../"))!;
}
