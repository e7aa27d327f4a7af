import { checkFile } from "../check/file.ts";
import { syntaxOf } from "../parse/syntax.ts";
import { checkExtensions } from "../check/extensions.ts";
import { checkImport, checkLite, CONTROLS, hasControls } from "../check/imports.ts";
import { checkOptions } from "../check/options.ts";
import { Describer } from "../describe/describe.ts";
import { DESCRIPTOR, isWellKnown, knownText } from "./known.ts";
import { checkClosure, closureOf, importsOf, type LoadedFile, visibleTo } from "./loaded_file.ts";
import { childrenOf, type Declaration, everything } from "../parse/outline.ts";
import { outline } from "../parse/outliner.ts";
import { OptionReader } from "../describe/options.ts";
import { ProtoProblem, refuse } from "../problem.ts";
import { Resolver } from "../resolve/references.ts";
import { Scope } from "../resolve/scope.ts";
import { textOf } from "../parse/strings.ts";
import { type Symbol, type Symbols, symbolsOf } from "../resolve/symbols.ts";
import { Source } from "../parse/tokens.ts";

export type { LoadedFile } from "./loaded_file.ts";

/** Gives the text of a file, by the name that imports have for it, or undefined if there is none. */
export type ReadProto = (name: string) => string | undefined;

/**
 * Parses a file and all that it imports.
 *
 * @param name The file, as an import would name it.
 * @param read Gives the text of a file, or undefined if there is none.
 * @returns The files by name, those that are imported first. Those that come with the kit are not among them.
 * @throws {ProtoProblem} If one has a mistake.
 */
export const loadProto = (name: string, read: ReadProto): Map<string, LoadedFile> => new ProtoLoader(read).load(name);

/** More imports of imports are no schema, and would fill the stack. */
export const MAX_IMPORT_DEPTH = 500;

/** Parses files, each of them once: also those with mistakes. */
export class ProtoLoader {
  readonly #read: ReadProto;
  readonly #files = new Map<string, LoadedFile | ProtoProblem>();
  /** What is being loaded, from the first file to the one at hand. */
  readonly #path = new Set<string>();

  constructor(read: ReadProto) {
    this.#read = read;
  }

  /** Parses a file and all that it imports, as {@linkcode loadProto} does. */
  load(name: string): Map<string, LoadedFile> {
    const file = this.one(name);
    const all = closureOf(file);
    checkClosure(file, all);
    const onDisk = [...all].filter((one) => one === file || !isWellKnown(one.name) && !this.#isBundled(one.name));
    return new Map(onDisk.map((one) => [one.name, one]));
  }

  /**
   * A file alone; its imports are parsed as well.
   *
   * @throws {ProtoProblem} If it has a mistake.
   */
  one(name: string): LoadedFile {
    const file = this.#load(name);
    if (file instanceof ProtoProblem) throw file;
    return file;
  }

  #isBundled = (name: string) => knownText(name) !== undefined && this.#read(name) === undefined;

  #load(name: string): LoadedFile | ProtoProblem {
    const known = this.#files.get(name);
    if (known) return known;
    this.#path.add(name);
    let loaded: LoadedFile | ProtoProblem;
    try {
      loaded = this.#parse(name);
    } catch (error) {
      if (!(error instanceof ProtoProblem)) throw error;
      loaded = error;
    }
    this.#path.delete(name);
    this.#files.set(name, loaded);
    return loaded;
  }

  #textOf(name: string): string | undefined {
    return (isWellKnown(name) ? undefined : this.#read(name)) ?? knownText(name);
  }

  #parse(name: string): LoadedFile {
    if (hasControls(name)) throw new ProtoProblem(name, 1, 1, CONTROLS);
    const text = this.#textOf(name);
    if (text === undefined) {
      throw new ProtoProblem(name, 1, 1, "no such file; check the name or add its folder with -I");
    }
    const source = new Source(name, text);
    const file = outline(source);
    const syntax = syntaxOf(source, file);
    const problems: ProtoProblem[] = [];
    const symbols = symbolsOf(source, file, syntax, (one, short, before) => {
      problems.push(source.problem(one.name.at, declaredTwice(source, one, short, before)));
    });
    problems.push(...checkFile(source, file, syntax));
    const { dependencies, imported, misplaced } = this.#imports(source, file);
    problems.push(...misplaced);
    // Without one of them, much that is right would seem to be wrong.
    if (misplaced.length > 0 || imported.length > 0) refuse([...problems, ...misspelt(source, file)], imported);
    return this.#link({ source, outline: file, syntax, symbols, dependencies }, problems);
  }

  #imports(source: Source, file: Declaration) {
    const dependencies: LoadedFile[] = [];
    const imported: ProtoProblem[] = [];
    const misplaced: ProtoProblem[] = [];
    for (const { name } of childrenOf(file, "import")) {
      const other = textOf(name);
      const isThere = this.#files.has(other) || this.#textOf(other) !== undefined;
      const wrong = checkImport(other, source.name, this.#path, isThere) ??
        (this.#path.size > MAX_IMPORT_DEPTH ? `imports are nested more than ${MAX_IMPORT_DEPTH} deep` : undefined);
      if (wrong !== undefined) {
        misplaced.push(source.problem(name.at, wrong));
        continue;
      }
      const loaded = this.#load(other);
      if (loaded instanceof ProtoProblem) imported.push(loaded);
      else dependencies.push(loaded);
    }
    return { dependencies, imported, misplaced };
  }

  /** Finds what the names in a file mean, now that its imports are known. */
  #link(
    parsed: Pick<LoadedFile, "source" | "outline" | "syntax" | "symbols" | "dependencies">,
    problems: ProtoProblem[],
  ): LoadedFile {
    const { source, outline, syntax, symbols, dependencies } = parsed;
    const all = closureOf({ dependencies });
    const reach = (fullName: string): Symbol | undefined =>
      symbols.get(fullName) ??
        all.values().map((one) => one.symbols.get(fullName)).find((found) => found && found.kind !== "package") ??
        descriptorSymbols().get(fullName);
    const scope = new Scope(visibleTo(parsed), reach);
    const resolver = new Resolver(source, scope);
    const references = resolver.resolve(outline, syntax);
    const found = [...problems, ...resolver.problems];
    // Without one of its types, much that is right in custom options would seem to be wrong.
    if (found.length > 0) refuse([...found, ...misspelt(source, outline)]);
    const options = new OptionReader(source, scope);
    const descriptor = new Describer({
      name: source.name,
      syntax,
      references,
      symbols,
      options: (one) => options.of(one),
    }).file(outline);
    refuse([
      ...options.problems,
      ...checkLite(source, outline, descriptor, dependencies),
      ...checkExtensions(source, outline, syntax, references),
      ...checkOptions(source, outline, references, syntax),
    ]);
    return { ...parsed, name: source.name, descriptor, references, ...importsOf(parsed, references, options.used) };
  }
}

let ofDescriptor: Symbols | undefined;

/** What descriptor.proto declares, whose messages hold all options. */
const descriptorSymbols = (): Symbols => ofDescriptor ??= new ProtoLoader(() => undefined).one(DESCRIPTOR).symbols;

/** What is wrong with the options of descriptor.proto, which need nothing of the file. */
function misspelt(source: Source, outline: Declaration): readonly ProtoProblem[] {
  const options = new OptionReader(source, new Scope(new Map(), (fullName) => descriptorSymbols().get(fullName)));
  for (const one of everything(outline)) if (one.options.length > 0) options.of(one, true);
  return options.problems;
}

function declaredTwice(source: Source, one: Declaration, name: string, { declaration, kind }: Symbol): string {
  if (declaration === undefined) return `${name} is a ${kind} already; rename one`;
  const line = source.lineAt(declaration.name.at);
  const isValue = one.kind === "value" || declaration.kind === "value";
  const isEntry = one.keyType || declaration.keyType;
  const note = isValue
    ? " (an enum's values share the scope of the enum)"
    : isEntry && name !== one.name.text || isEntry && name !== declaration.name.text
    ? " (the entries of a map are a message of this name)"
    : "";
  return `${name} is declared in line ${line} already; rename one${note}`;
}
