import { basename, dirname, join, resolve } from "node:path";
import { visible } from "../../base/text/visible.ts";
import { emitFile } from "../../codegen/emit/emit.ts";
import { isWellKnown } from "../../codegen/load/known.ts";
import { type LoadedFile, ProtoLoader } from "../../codegen/load/load.ts";
import { ProtoProblem } from "../../codegen/problem.ts";
import { checkFolders, findFiles, importName, isThere, namedFile, readText } from "../files.ts";
import { formatted } from "./format.ts";
import { SOURCES } from "./sources_file.ts";
import { leftOver, orphans } from "./orphans.ts";
import { kitSpecifier, specifier } from "./specifier.ts";

/** The options of `dinokit gen`. */
export interface GenOptions {
  /** The .proto files, and folders that contain some. Default: `proto` */
  files?: string[];
  /** The folders to search for imports. */
  include?: string[];
  /** The output folder. Default: beside each .proto file */
  out?: string;
  /** The specifier by which generated code imports the kit. Default: this copy's mod.ts */
  import?: string;
  /** Whether to write nothing, and fail if an output file is not up to date. */
  check?: boolean;
  /** Whether to keep running, and generate again when a file changes. */
  watch?: boolean;
}

/** A result for one file. */
export interface Outcome {
  readonly kind: "wrote" | "warning" | "problem";
  /** A line to print. */
  readonly text: string;
}

/** A .proto file to generate TypeScript for. */
interface Job {
  /** The name that imports use. */
  readonly name: string;
  readonly path: string;
  /** The folders to search for imports. */
  readonly folders: readonly string[];
  /** Whether the user named the file, as opposed to a file that another one imports. */
  readonly asked: boolean;
}

/** The folders of the kit's own protos. mod.ts imports their code, so it must not import mod.ts. */
const OWN = ["google", "grpc"].map((folder) => new URL(`../../proto/${folder}/`, import.meta.url).href);

/** Generates the TypeScript of .proto files. */
export class ProtoGenerator {
  readonly #options: GenOptions;
  readonly #read = new Set<string>();

  /** @throws {Failure} If a .proto file or a folder of -I does not exist. */
  constructor(options: GenOptions) {
    checkFolders(options.include);
    for (const file of options.files ?? []) if (file.endsWith(".proto")) namedFile(file, options.include);
    this.#options = options;
  }

  /** Returns the folders of the files that the last run read. */
  folders(): string[] {
    return [...new Set([...this.#read].map((path) => dirname(path)))].filter((folder) => isThere(folder));
  }

  /** Writes all files that have changed, and yields the results. */
  async *run(): AsyncGenerator<Outcome> {
    const jobs = (this.#options.files ?? ["proto"]).flatMap((file) => this.#jobs(file));
    const done = new Set<string>();
    const loaders = new Map<string, ProtoLoader>();
    const said = new Set<string>();
    for (let job = jobs.shift(); job; job = jobs.shift()) {
      const out = this.#out(job, job.name);
      if (done.has(out)) continue;
      done.add(out);
      const { folders } = job;
      try {
        // Files with the same import folders share loaded imports.
        const key = JSON.stringify(folders);
        if (!loaders.has(key)) loaders.set(key, new ProtoLoader((name) => this.#text(folders, name)));
        const files = loaders.get(key)!.load(job.name);
        const { imports, warnings: own } = files.get(job.name)!;
        if (job.asked) {
          for (const warning of own) yield { kind: "warning", text: `warning: ${this.#at(job, warning)}` };
        }
        for (const name of imports.filter((imported) => !isWellKnown(imported) && files.has(imported))) {
          jobs.push({ name, path: find(folders, name)!, folders, asked: false });
        }
        const warnings: string[] = [];
        const text = await formatted(this.#emit(job, files), out, (line) => warnings.push(line));
        for (const text of warnings) yield { kind: "warning", text };
        if (text === readText(out)) continue;
        yield this.#options.check
          ? { kind: "problem", text: visible(`${out} is stale: run the same without --check`) }
          : { kind: "wrote", text: write(out, text) };
      } catch (error) {
        if (!(error instanceof ProtoProblem)) throw error;
        // A file that several files import is reported once.
        const lines = this.#at(job, error).split("\n").filter((line) => !said.has(line));
        for (const line of lines) said.add(line);
        if (lines.length > 0) yield { kind: "problem", text: lines.join("\n") };
      }
    }
    // With --out, leftover files can't be detected, because other runs may write to the same folder.
    if (this.#options.out !== undefined) return;
    for (const path of (this.#options.files ?? ["proto"]).filter((file) => !file.endsWith(".proto")).flatMap(orphans)) {
      const text = leftOver(path);
      yield this.#options.check ? { kind: "problem", text } : { kind: "warning", text: `warning: ${text}` };
    }
  }

  #jobs(given: string): Job[] {
    const include = this.#options.include ?? [];
    // As in protoc, a file may be given by the name that imports use.
    const file = isThere(given) ? given : find(include, given) ?? given;
    if (file.endsWith(".proto")) {
      const folders = [...include, dirname(file)];
      this.#checkFolder(dirname(file));
      return [{ name: importName(folders, file), path: file, folders, asked: true }];
    }
    if (!isThere(file)) throw new TypeError(`${file}: no such folder, and no .proto file; name one of them`);
    this.#read.add(join(file, "."));
    this.#checkFolder(file);
    const folders = [...include, file];
    return [...findFiles(file, ".proto")].map((path) => ({
      name: importName(folders, path),
      path,
      folders: [...folders, dirname(path)],
      asked: true,
    }));
  }

  /**
   * Rejects the idl/ folder of a project: its code imports the kit by a name in deno.json, which `deno task gen` knows.
   */
  #checkFolder(folder: string): void {
    if (this.#options.import !== undefined || readText(join(folder, basename(SOURCES))) === undefined) return;
    throw new TypeError(
      `${folder} is the idl/ of a project of dinokit new: run deno task gen there, or say what it imports the kit as: --import dinokit`,
    );
  }

  #text(folders: readonly string[], name: string): string | undefined {
    const path = find(folders, name);
    if (path !== undefined) this.#read.add(path);
    return path && readText(path);
  }

  #out({ path, folders }: Job, name: string): string {
    const ts = (proto: string) => proto.replace(/\.proto$/, ".ts");
    return this.#options.out === undefined ? ts(find(folders, name) ?? path) : join(this.#options.out, ts(name));
  }

  #emit(job: Job, files: ReadonlyMap<string, LoadedFile>): string {
    const out = this.#out(job, job.name);
    const { href } = new URL(resolve(job.path), "file:");
    const isOwn = OWN.some((folder) => href.startsWith(folder));
    const kit = new URL(isOwn ? "../../codec/mod.ts" : "../../mod.ts", import.meta.url);
    return emitFile(job.name, files, {
      kit: this.#kit(out) ?? kitSpecifier(out, kit),
      specifier: (proto) => specifier(out, this.#out(job, proto)),
    });
  }

  /** Returns the value of `--import`. A path is relative to the working directory, not to the generated file. */
  #kit(out: string): string | undefined {
    const given = this.#options.import;
    return given !== undefined && /^\.{1,2}\//.test(given) ? specifier(out, given) : given;
  }

  /** Returns the message of a problem, with the paths of its files. */
  #at({ name, path, folders }: Job, problem: ProtoProblem): string {
    return problem.renamed((file) => file === name ? path : find(folders, file) ?? file).message;
  }
}

const find = (folders: readonly string[], name: string) =>
  folders.map((folder) => join(folder, name)).find((path) => isThere(path));

function write(path: string, text: string): string {
  Deno.mkdirSync(dirname(path), { recursive: true });
  Deno.writeTextFileSync(path, text);
  return `wrote ${path}`;
}
