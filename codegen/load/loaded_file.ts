import type { FileJson } from "../../codec/descriptor/json_types.ts";
import type { Syntax } from "../parse/syntax.ts";
import { childrenOf, type Declaration } from "../parse/outline.ts";
import { type ProtoProblem, refuse } from "../problem.ts";
import type { References } from "../resolve/references.ts";
import { textOf } from "../parse/strings.ts";
import type { Symbol, Symbols } from "../resolve/symbols.ts";
import type { Source } from "../parse/tokens.ts";

/** A parsed .proto file. */
export interface LoadedFile {
  /** Its path, as imports name it. */
  readonly name: string;
  readonly source: Source;
  readonly outline: Declaration;
  readonly syntax: Syntax;
  /** Its descriptor, as protoc makes it, with the comments beside. */
  readonly descriptor: FileJson;
  /** What the names of types in it mean. */
  readonly references: ReadonlyMap<Declaration, References>;
  /** What it declares. */
  readonly symbols: Symbols;
  /** The files that it imports, in its order. */
  readonly dependencies: readonly LoadedFile[];
  /** The imports that its types need, those for what an Any may hold, and the public ones. */
  readonly imports: readonly string[];
  /** Those of them that whoever imports it gets as well. */
  readonly publicImports: readonly string[];
  /** What need not be mended, but might. */
  readonly warnings: readonly ProtoProblem[];
}

/** A file's dependencies, theirs, and so on; those that are imported first. */
export function closureOf(file: Pick<LoadedFile, "dependencies"> | LoadedFile): Set<LoadedFile> {
  const all = new Set<LoadedFile>();
  const add = (one: Pick<LoadedFile, "dependencies"> | LoadedFile) => {
    for (const other of one.dependencies) if (!all.has(other)) add(other);
    if ("name" in one) all.add(one);
  };
  add(file);
  return all;
}

/** The files that whoever imports a file gets: itself, and its public imports. */
function providedBy(file: LoadedFile): Set<LoadedFile> {
  const all = new Set([file]);
  for (const one of all) {
    const imports = childrenOf(one.outline, "import");
    one.dependencies.forEach((other, i) => imports[i]!.label?.text === "public" && all.add(other));
  }
  return all;
}

/** The names that a file sees: its own, those of its imports, and of what these import publicly. */
export function visibleTo({ symbols, dependencies }: Pick<LoadedFile, "symbols" | "dependencies">): Symbols {
  const visible: Symbols = new Map(symbols);
  for (const file of new Set(dependencies.flatMap((one) => [...providedBy(one)]))) {
    for (const [name, symbol] of file.symbols) if (!visible.has(name)) visible.set(name, symbol);
  }
  return visible;
}

/** No two files may declare one name, but for packages. */
export function checkClosure(file: LoadedFile, all: ReadonlySet<LoadedFile>): void {
  const seen = new Map<string, Symbol>();
  for (const { symbols, source } of all) {
    const problems: ProtoProblem[] = [];
    for (const symbol of symbols.values()) {
      const before = seen.get(symbol.fullName);
      if (before === undefined) seen.set(symbol.fullName, symbol);
      else if (before.file !== symbol.file && !(before.kind === "package" && symbol.kind === "package")) {
        const place = symbol.declaration?.name ?? childrenOf(file.outline, "package")[0]?.name;
        problems.push(
          source.problem(place?.at ?? 0, `${symbol.fullName} is declared in ${before.file} already; rename one`),
        );
      }
    }
    refuse(problems);
  }
}

/** Which files are an Any's, or need one that is. */
const withAny = new WeakMap<LoadedFile, boolean>();

function reachesAny(file: LoadedFile): boolean {
  let reaches = withAny.get(file);
  if (reaches === undefined) {
    reaches = file.name === "google/protobuf/any.proto" ||
      file.dependencies.some((one) => file.imports.includes(one.name) && reachesAny(one));
    withAny.set(file, reaches);
  }
  return reaches;
}

const NO_SYNTAX = `the file does not say its syntax, which makes it proto2; begin it with: syntax = "proto3";`;

/** What a file needs of its imports, and what need not be there. */
export function importsOf(
  { source, outline, syntax, dependencies }: Pick<LoadedFile, "source" | "outline" | "syntax" | "dependencies">,
  references: ReadonlyMap<Declaration, References>,
  usedByOptions: ReadonlySet<string>,
): Pick<LoadedFile, "imports" | "publicImports" | "warnings"> {
  const types = new Set<string>();
  const others = new Set(usedByOptions);
  for (const [from, { type, output }] of references) {
    const isExtension = from.kind === "extend" || from.parent!.kind === "extend";
    for (const { file } of [type, output].filter((one) => one !== undefined)) (isExtension ? others : types).add(file);
  }
  const uses = (file: LoadedFile, names: ReadonlySet<string>) =>
    [...providedBy(file)].some(({ name }) => names.has(name));
  const imports = childrenOf(outline, "import");
  const isPublic = (i: number) => imports[i]!.label?.text === "public";
  const isUnused = (file: LoadedFile, i: number) => !isPublic(i) && !uses(file, types) && !uses(file, others);
  // Whoever has an Any imports the files of what it may hold, though no field has their types.
  const hasAny = dependencies.some((file) => uses(file, types) && reachesAny(file));
  const needed = dependencies.filter((file, i) => isPublic(i) || uses(file, types) || hasAny && isUnused(file, i));
  const unused = hasAny ? [] : imports.filter((_, i) => isUnused(dependencies[i]!, i));
  const isSaid = childrenOf(outline, "syntax", "edition").length > 0;
  return {
    imports: needed.map(({ name }) => name),
    publicImports: dependencies.filter((_, i) => isPublic(i)).map(({ name }) => name),
    warnings: [
      ...(isSaid || syntax !== "proto2" ? [] : [source.problem(outline.name.at, NO_SYNTAX)]),
      ...unused.map(({ name }) => source.problem(name.at, `nothing of ${textOf(name)} is used; remove the import`)),
    ],
  };
}
