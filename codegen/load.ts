import { protobuf } from "../deps.ts";
import { checkFile, type Syntax } from "./check.ts";
import { isWellKnown, knownFile } from "./known.ts";
import { childrenOf, type Declaration, everything, outline, textOf } from "./outline.ts";
import { giveLocalNames } from "./local_names.ts";
import { ProtoProblem, refuse } from "./problem.ts";
import { type Reference, Resolver, unusedImports } from "./references.ts";
import { addReflected, addSymbols, type Symbols } from "./symbols.ts";
import { Source } from "./tokens.ts";

/** A parsed .proto file. */
export interface LoadedFile {
  /** Its path, as imports name it. */
  readonly name: string;
  readonly source: Source;
  readonly outline: Declaration;
  readonly syntax: Syntax;
  /** What it declares, without extensions and custom options; not resolved. */
  readonly own: protobuf.Root;
  /** The types that it refers to. */
  readonly references: readonly Reference[];
  /** The imports that its types need, and the public ones. */
  readonly imports: readonly string[];
  /** Those of them that whoever imports it gets as well. */
  readonly publicImports: readonly string[];
  /** What need not be mended, but might. */
  readonly warnings: readonly ProtoProblem[];
}

/** Gives the text of a file, by the name that imports have for it, or undefined if there is none. */
export type ReadProto = (name: string) => string | undefined;

/**
 * Parses a file and all that it imports.
 *
 * @param name The file, as an import would name it.
 * @param read Gives the text of a file, or undefined if there is none.
 * @returns The files by name, those that are imported first. Well-known files are not among them.
 * @throws {ProtoProblem} If one has a mistake.
 */
export function loadProto(name: string, read: ReadProto): Map<string, LoadedFile> {
  const loader = new Loader(read);
  loader.load(name, []);
  return loader.files;
}

const NO_SYNTAX = `the file does not say its syntax, which makes it proto2; begin it with: syntax = "proto3";`;

class Loader {
  readonly files = new Map<string, LoadedFile>();
  readonly #read: ReadProto;
  readonly #symbols: Symbols = new Map();
  /** What each file passes on to those that import it: itself, and its public imports. */
  readonly #provides = new Map<string, ReadonlySet<string>>();

  constructor(read: ReadProto) {
    this.#read = read;
  }

  load(name: string, path: string[]): void {
    const text = this.#read(name);
    if (text === undefined) {
      throw new ProtoProblem(name, 1, 1, "no such file; check the name or add its folder with -I");
    }
    const source = new Source(name, text);
    const file = outline(source);
    const problems: ProtoProblem[] = [];
    const syntax = collect(checkFile(source, file), problems);
    const imports = childrenOf(file, "import");
    const before = problems.length;
    const imported: ProtoProblem[] = [];
    for (const one of imports) {
      try {
        collect(this.#import(source, one, [...path, name]), problems);
      } catch (error) {
        if (!(error instanceof ProtoProblem)) throw error;
        imported.push(error);
      }
    }
    // Without one of them, much that is right would seem to be wrong.
    if (problems.length > before || imported.length > 0) refuse(problems, imported);
    collect(this.#checkDeclared(source, file), problems);
    addSymbols(this.#symbols, name, file, syntax);

    const provided = (names: Declaration[]) => names.flatMap((one) => [...this.#provides.get(textOf(one.name))!]);
    const isPublic = ({ label }: Declaration) => label?.text === "public";
    this.#provides.set(name, new Set([name, ...provided(imports.filter(isPublic))]));
    const resolver = new Resolver(source, this.#symbols, new Set([name, ...provided(imports)]));
    const references = resolver.resolve(file, syntax);
    refuse([...problems, ...resolver.problems]);
    const own = parse(source, file);
    giveLocalNames(own, file);
    const types = new Set(references.map((one) => one.file));
    const provides = (one: string) => this.#provides.get(one)!;
    const unused = unusedImports(file, provides, new Set([...types, ...resolver.usedByOptions]));
    const needed = imports.filter((one) =>
      isPublic(one) || [...provides(textOf(one.name))].some((each) => types.has(each))
    );
    strip(own);
    this.files.set(name, {
      name,
      source,
      outline: file,
      syntax,
      own,
      references,
      imports: this.#withCode(source, needed, types),
      publicImports: this.#withCode(source, needed.filter(isPublic), types),
      warnings: [
        ...(childrenOf(file, "syntax").length === 0 ? [source.problem(file.name.at, NO_SYNTAX)] : []),
        ...unused.map(({ name }) => source.problem(name.at, `nothing of ${textOf(name)} is used; remove the import`)),
      ],
    });
  }

  *#import(source: Source, { name }: Declaration, path: string[]): Generator<ProtoProblem, void> {
    const file = textOf(name);
    if (file === source.name) return yield source.problem(name.at, "the file imports itself; remove the import");
    if (path.includes(file)) {
      const circle = [...path, file].join(" -> ");
      return yield source.problem(name.at, `the imports form a circle: ${circle}; move what both need to a third file`);
    }
    if (file.includes("\\") || file.split("/").some((part) => /^\.{0,2}$/.test(part))) {
      const text =
        `an import is a path from a folder of -I, without . or .. in it; write it so and add the folder with -I`;
      return yield source.problem(name.at, text);
    }
    if (this.#provides.has(file)) return;
    if (!isWellKnown(file) && this.#read(file) !== undefined) return this.load(file, path);
    const known = knownFile(file);
    if (known === undefined) {
      return yield source.problem(name.at, `there is no file ${file}; check the name or add its folder with -I`);
    }
    addReflected(this.#symbols, file, known);
    this.#provides.set(file, new Set([file]));
  }

  /** No two files may declare one name. */
  *#checkDeclared(source: Source, file: Declaration): Generator<ProtoProblem, void> {
    for (const one of everything(file)) {
      const other = this.#symbols.get(one.fullName);
      if (other && ["message", "enum", "service"].includes(one.kind)) {
        yield source.problem(one.name.at, `${one.fullName} is declared in ${other.file} already; rename one`);
      }
    }
  }

  /** The names of imports that have TypeScript. What comes with the parser has none; options alone do not need it. */
  #withCode(source: Source, imports: Declaration[], types: ReadonlySet<string>): string[] {
    return imports.filter(({ name }) => {
      const file = textOf(name);
      if (isWellKnown(file) || this.files.has(file)) return true;
      if (!types.has(file)) return false;
      throw source.problem(
        name.at,
        `the types of ${file} do not come with Dinokit; get the file, name its folder with -I, and generate it too`,
      );
    }).map(({ name }) => textOf(name));
  }
}

/** Keeps what a check finds. @returns What it returns. */
function collect<T>(check: Generator<ProtoProblem, T>, problems: ProtoProblem[]): T {
  for (;;) {
    const { done, value } = check.next();
    if (done) return value;
    problems.push(value);
  }
}

function parse(source: Source, file: Declaration): protobuf.Root {
  const own = new protobuf.Root();
  let { text } = source;
  // What nothing reads: the parser would look for what extensions extend, and does not know all forms of options.
  const cut = (from: number, to: number, instead: string) => {
    const rest = text.slice(from + instead.length, to).replace(/./g, " ");
    text = text.slice(0, from) + instead + rest + text.slice(to);
  };
  for (const { span, options } of everything(file)) {
    for (const { at, name, end } of options) if (name.includes("(")) cut(at.at, end, "(x)=0");
    if (span) cut(...span, " ");
  }
  try {
    protobuf.parse(text, own, { alternateCommentMode: true });
  } catch (error) {
    // Rare: the outline has found most that is wrong. The parser knows the line at best.
    const { message } = error as Error;
    const line = Number(/line (\d+)/.exec(message)?.[1] ?? 1);
    const [, token] = /'([^']+)'/.exec(message) ?? [];
    const start = source.startOf(line);
    const column = source.text.slice(start, source.startOf(line + 1)).indexOf(token ?? "");
    throw source.problem(
      start + Math.max(column, 0),
      `${message.replace(/\s*\([^()]*line \d+\)/, "")}; change what stands here`,
    );
  }
  return own;
}

/** Leaves out custom options, which nothing reads, and what the parser says twice. */
function strip(own: protobuf.ReflectionObject): void {
  const all = [own];
  if (own instanceof protobuf.Type) all.push(...own.fieldsArray, ...own.oneofsArray);
  if (own instanceof protobuf.Service) all.push(...own.methodsArray);
  for (const one of all) {
    one.parsedOptions = undefined as never;
    one.options = standard(one.options);
  }
  // JSON has no such numbers.
  if (own instanceof protobuf.Type) {
    for (const { options } of own.fieldsArray) {
      const { default: value } = options ?? {};
      if (typeof value === "number" && !Number.isFinite(value)) {
        options!.default = String(value).replace("Infinity", "inf").toLowerCase();
      }
    }
  }
  if (own instanceof protobuf.Enum) {
    const values = own.valuesOptions ?? {};
    for (const [name, options] of Object.entries(values)) values[name] = standard(options) ?? {};
  }
  if (own instanceof protobuf.Namespace) own.nestedArray.forEach(strip);
}

function standard<T>(options: Record<string, T> | undefined): Record<string, T> | undefined {
  const entries = Object.entries(options ?? {}).filter(([name]) => /^\w+$/.test(name));
  return entries.length === 0 ? undefined : Object.fromEntries(entries);
}
