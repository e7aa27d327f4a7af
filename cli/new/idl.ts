import { createHash } from "node:crypto";
import { dirname, join, resolve } from "node:path";
import { emitFile } from "../../codegen/emit/emit.ts";
import { type LoadedFile, loadProto } from "../../codegen/load/load.ts";
import { ProtoProblem } from "../../codegen/problem.ts";
import { type DeclaredService, servicesOf } from "../../codegen/emit/services.ts";
import { checkFolders, importName, namedFile, readText } from "../files.ts";
import { formatted } from "../generate/format.ts";
import { specifier } from "../generate/specifier.ts";
import { tell } from "../output/terminal.ts";
import { loadOthers } from "./other_protos.ts";
import { SOURCES } from "../generate/sources_file.ts";

/** The .proto files of a project. */
export interface Idl {
  /** The path of the main .proto in idl/. */
  readonly name: string;
  /** The path from which the main .proto was copied. */
  readonly path: string;
  /** The main .proto and all files that it imports, by their paths in idl/. */
  readonly files: ReadonlyMap<string, LoadedFile>;
  /** The user's other .proto files in idl/, each with all files that it imports. */
  readonly others: ReadonlyMap<string, ReadonlyMap<string, LoadedFile>>;
  /** The copies that no file imports any more. */
  readonly unused: readonly string[];
  /** The text of {@linkcode SOURCES}. */
  readonly sources: string;
  readonly services: readonly DeclaredService[];
}

/**
 * Reads the .proto files for a project. If the project's copy differs from the source, the one that has changed since
 * the copy counts.
 *
 * @throws {Failure} If a file is missing.
 * @throws {TypeError} If both have changed.
 * @throws {ProtoProblem} If a file contains a mistake.
 */
export function loadIdl(idl: string, include: readonly string[], root: string): Idl {
  if (!idl.endsWith(".proto")) throw new TypeError(`--idl ${idl}: not a .proto file`);
  checkFolders(include);
  const path = namedFile(idl, include, `--idl ${idl}`);
  const folders = [...include, dirname(path)];
  const name = importName(folders, path);
  const find = (file: string) => folders.map((folder) => join(folder, file)).find((at) => readText(at) !== undefined);
  const noted: Digests = JSON.parse(readText(join(root, SOURCES)) ?? "{}");
  const digests: Record<string, string> = { ...noted };
  const read = (file: string) => {
    const from = find(file);
    return from === undefined ? undefined : newer(file, from, join(root, "idl", file), noted, digests);
  };
  try {
    const files = loadProto(name, read);
    const services = servicesOf(files.get(name)!);
    const others = loadOthers(root, files);
    const kept = Object.entries(digests).filter(([file]) => files.has(file));
    const sources = `${JSON.stringify(Object.fromEntries(kept), null, 2)}\n`;
    const isImported = (file: string) => [...others].some(([by, closure]) => by !== file && closure.has(file));
    const unused = Object.keys(noted).filter((file) => others.has(file) && !isImported(file));
    return { name, path, files, others, unused, sources, services };
  } catch (error) {
    if (!(error instanceof ProtoProblem)) throw error;
    throw error.renamed((file) => find(file) ?? file);
  }
}

/** The digest of each .proto when it was copied. */
type Digests = Readonly<Record<string, string>>;

/**
 * Returns the newer text of a source and the project's copy, and records the source's digest in `digests`. The loader
 * calls this several times for an imported file, so `noted` keeps the digests of the last run.
 */
function newer(name: string, from: string, to: string, noted: Digests, digests: Record<string, string>): string {
  const [source, copy] = [readText(from)!, readText(to)];
  if (resolve(from) === resolve(to)) return source;
  const before = noted[name];
  const digest = digests[name] = hash(source);
  if (copy === undefined || copy === source || hash(copy) === before) return source;
  if (digest === before) return copy;
  throw new TypeError(
    `${to} and ${from} have both been changed: bring the changes together in ${to}, then copy it over ${from}`,
  );
}

const hash = (text: string) => createHash("sha256").update(text).digest("hex");

/** Returns the files of idl/ in a project: the .proto files and their TypeScript. */
export async function idlFiles({ files, others, sources }: Idl): Promise<Map<string, string>> {
  const written = new Map<string, string>();
  const emit = async (name: string, files: ReadonlyMap<string, LoadedFile>) => {
    const options = {
      kit: "dinokit",
      specifier: (imported: string) => specifier(name, imported.replace(/proto$/, "ts")),
    };
    const path = `idl/${name.replace(/proto$/, "ts")}`;
    written.set(path, await formatted(emitFile(name, files, options), path, (line) => tell(line)));
  };
  for (const [name, { source }] of files) {
    written.set(`idl/${name}`, source.text);
    await emit(name, files);
  }
  for (const [name, closure] of others) await emit(name, closure);
  // Last, so that a run that fails halfway records no digest of a file that it has not copied.
  written.set(SOURCES, sources);
  return written;
}
