import { didYouMean } from "../rpc/nearest.ts";
import { childrenOf, type Declaration, everything, textOf } from "./outline.ts";
import type { Syntax } from "./check.ts";
import { article, ProtoProblem } from "./problem.ts";
import type { Symbol, Symbols } from "./symbols.ts";
import type { Source, Token } from "./tokens.ts";

/** A type that is named in a declaration, and its full name. */
export interface Reference {
  readonly from: Declaration;
  readonly part: "type" | "output";
  readonly fullName: string;
  readonly file: string;
}

const SCALARS =
  ("double float bool string bytes int32 int64 uint32 uint64 sint32 sint64 fixed32 fixed64 sfixed32 sfixed64")
    .split(" ");
/** What other languages call the scalars. */
const FOREIGN: Record<string, string> = {
  int: "int32",
  integer: "int32",
  uint: "uint32",
  short: "int32",
  byte: "bytes",
  long: "int64",
  bigint: "int64",
  number: "double",
  boolean: "bool",
  str: "string",
  text: "string",
};
/** Finds what the names in a file mean, as protoc does: the innermost scope that has one wins. */
export class Resolver {
  /** The imported files that options use, or that are extended: the generated code has no need of them. */
  readonly usedByOptions = new Set<string>();
  /** What is wrong. */
  readonly problems: ProtoProblem[] = [];
  readonly #source: Source;
  readonly #symbols: Symbols;
  readonly #visible: ReadonlySet<string>;

  /** Takes what all loaded files declare, and the files that this one sees. */
  constructor(source: Source, symbols: Symbols, visible: ReadonlySet<string>) {
    this.#source = source;
    this.#symbols = symbols;
    this.#visible = visible;
  }

  /** All references to types. Those that lead nowhere are among the problems. */
  resolve(file: Declaration, syntax: Syntax): Reference[] {
    const references: Reference[] = [];
    for (const one of everything(file)) {
      this.#options(one);
      const wanted = one.kind === "rpc" || one.kind === "extend" ? ["message"] : ["message", "enum"];
      for (const part of ["type", "output"] as const) {
        const token = one[part];
        if (token === undefined || one.kind === "group" || (one.kind === "field" && SCALARS.includes(token.text))) {
          continue;
        }
        const found = this.#find(one, token, wanted);
        if (found instanceof ProtoProblem) {
          this.problems.push(found);
          continue;
        }
        const { fullName, file: owner, kind, closed } = found;
        if (kind === "enum" && closed && syntax === "proto3") {
          const text = `${token.text} is an enum of proto2 (in ${owner}), which no field of proto3 can have; ` +
            "declare an enum here, or make both files of one syntax";
          this.problems.push(this.#source.problem(token.at, text));
        }
        if (one.kind === "extend" || one.parent!.kind === "extend") this.usedByOptions.add(owner);
        else references.push({ from: one, part, fullName, file: owner });
      }
    }
    return references;
  }

  /** The files whose extensions are used as options. Those that are not found are nobody's business: we do not read them. */
  #options(one: Declaration): void {
    for (const { name } of one.options) {
      for (const [, custom] of name.matchAll(/\(([\w.]+)\)/g)) {
        const found = this.#candidates(one, custom!).map((full) => this.#symbols.get(full)).find((found) => found);
        if (found) this.usedByOptions.add(found.file);
      }
    }
  }

  /** The full names that a name may stand for, those of the innermost scope first. */
  #candidates(from: Declaration, name: string): string[] {
    if (name.startsWith(".")) return [name.slice(1)];
    const scope = from.parent ? from.fullName.split(".") : packageOf(from).split(".");
    const scopes = scope.map((_, i) => scope.slice(0, scope.length - i).join("."));
    return [...scopes.filter((one) => one !== "").map((one) => `${one}.${name}`), name];
  }

  #find(from: Declaration, { text: name, at }: Token, wanted: string[]): Symbol & { fullName: string } | ProtoProblem {
    const found = this.#candidates(from, name).flatMap((fullName) => {
      const symbol = this.#symbols.get(fullName);
      return symbol ? [{ fullName, ...symbol }] : [];
    });
    const good = found.filter(({ kind }) => wanted.includes(kind));
    const seen = good.find(({ file }) => this.#visible.has(file));
    if (seen) return seen;
    if (good[0]) {
      return this.#source.problem(at, `${name} is declared in ${good[0].file}; add: import "${good[0].file}";`);
    }
    const noun = wanted.length === 1 ? "message" : "type";
    if (found[0]) {
      return this.#source.problem(at, `${name} is ${article(found[0].kind)} and not a ${noun}; name a ${noun}`);
    }
    if (SCALARS.includes(name)) {
      return this.#source.problem(at, `${name} is not a message; make one with a field of that type`);
    }
    return this.#source.problem(at, `there is no ${noun} ${name}${this.#hint(name)}`);
  }

  #hint(name: string): string {
    const short = name.split(".").at(-1)!;
    const same = [...this.#symbols.keys()].find((one) => one.endsWith(`.${short}`));
    if (same) return `; did you mean ${same}?`;
    const names = [...this.#symbols.keys()].map((one) => one.split(".").at(-1)!);
    const foreign = FOREIGN[name.toLowerCase()];
    if (foreign) return `; did you mean ${foreign}?`;
    return didYouMean(short, [...SCALARS, ...names]) || "; declare it or import its file";
  }
}

const packageOf = (file: Declaration) => childrenOf(file, "package")[0]?.name.text ?? "";

/** Which imports of a file nothing in it needs. */
export function unusedImports(
  file: Declaration,
  provides: (name: string) => Iterable<string>,
  used: ReadonlySet<string>,
) {
  return childrenOf(file, "import").filter(({ name, label }) =>
    label?.text !== "public" && ![...provides(textOf(name))].some((one) => used.has(one))
  );
}
