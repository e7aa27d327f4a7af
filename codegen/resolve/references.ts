import { nearest } from "../../base/text/did_you_mean.ts";
import type { Syntax } from "../parse/syntax.ts";
import { numberOf } from "../parse/numbers.ts";
import { childrenOf, type Declaration, everything } from "../parse/outline.ts";
import { article, MOST_PROBLEMS, type ProtoProblem } from "../problem.ts";
import type { Scope } from "./scope.ts";
import type { Symbol } from "./symbols.ts";
import type { Source, Token } from "../parse/tokens.ts";

/** What the names of types in a declaration mean. */
export interface References {
  /** Of a field; what an rpc takes; what is extended. */
  readonly type?: Symbol;
  /** What an rpc gives. */
  readonly output?: Symbol;
}

export const SCALARS: readonly string[] =
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

/** Finds what the names of types in a file mean. */
export class Resolver {
  /** What is wrong. */
  readonly problems: ProtoProblem[] = [];
  readonly #source: Source;
  readonly #scope: Scope;

  constructor(source: Source, scope: Scope) {
    this.#source = source;
    this.#scope = scope;
  }

  /** All references to types. Those that lead nowhere are among the problems. */
  resolve(file: Declaration, syntax: Syntax): Map<Declaration, References> {
    const references = new Map<Declaration, References>();
    for (const one of everything(file)) {
      if (one.kind === "group" || one.kind === "field" && SCALARS.includes(one.type!.text)) continue;
      const type = one.type && this.#type(one, one.type, syntax);
      const output = one.output && this.#type(one, one.output, syntax);
      if (type || output) references.set(one, { type, output });
    }
    return references;
  }

  #type(from: Declaration, token: Token, syntax: Syntax): Symbol | undefined {
    const isField = from.kind === "field";
    // What an extension extends is looked for from the extension.
    const scope = from.kind === "extend" ? `${from.parent!.fullName}.x` : from.fullName;
    const { symbol, hidden } = this.#scope.find(token.text, scope, isField);
    const fits = symbol?.kind === "message" && !isEntry(symbol) || isField && symbol?.kind === "enum";
    if (!symbol || !fits) {
      this.problems.push(this.#missing(from, token, symbol, hidden));
      return;
    }
    if (symbol.kind === "enum" && symbol.closed && syntax === "proto3") {
      const text = `${token.text} is an enum of proto2 (in ${symbol.file}), which no field of proto3 can have; ` +
        "declare an enum here, or make both files of one syntax";
      this.problems.push(this.#source.problem(token.at, text));
    } else if (from.keyType && symbol.kind === "enum" && (firstNumberOf(symbol) ?? 0) !== 0) {
      const text = `the first value of ${token.text} is not 0, as it must be in a map; take another enum`;
      this.problems.push(this.#source.problem(token.at, text));
    }
    return symbol;
  }

  #missing(from: Declaration, { text: name, at }: Token, found: Symbol | undefined, hidden: Symbol | undefined) {
    const noun = from.kind === "field" ? "type" : "message";
    const problem = (text: string) => this.#source.problem(at, text);
    found ??= this.#scope.find(name, from.fullName, false).symbol;
    if (found) return problem(`${name} is ${article(found.kind)} and not a ${noun}; name a ${noun}`);
    if (hidden) {
      const text = `${name} is looked for in ${hidden.fullName}, which is nearer and has no such ${noun}`;
      return problem(`${text}; write .${name} if that is the full name`);
    }
    if (SCALARS.includes(name)) return problem(`${name} is not a message; make one with a field of that type`);
    const elsewhere = this.problems.length < MOST_PROBLEMS && this.#declaredElsewhere(from, name);
    if (elsewhere) return problem(`${name} is declared in ${elsewhere.file}; add: import "${elsewhere.file}";`);
    return problem(`there is no ${noun} ${name}${this.#hint(name)}`);
  }

  #declaredElsewhere({ fullName }: Declaration, name: string): Symbol | undefined {
    if (name.startsWith(".")) return this.#scope.reach(name.slice(1));
    const scopes = fullName.split(".");
    for (let i = scopes.length - 1; i > 0; i--) {
      const found = this.#scope.reach([...scopes.slice(0, i), name].join("."));
      if (found) return found;
    }
    return this.#scope.reach(name);
  }

  #hint(name: string): string {
    const none = "; declare it or import its file";
    if (this.problems.length >= MOST_PROBLEMS) return none;
    const short = name.slice(name.lastIndexOf(".") + 1);
    const types = [...this.#scope.names()].filter((one) => /^(message|enum)$/.test(this.#scope.get(one)!.kind));
    const same = types.find((one) => one.endsWith(`.${short}`));
    if (same) return `; did you mean ${same}?`;
    const foreign = FOREIGN[name.toLowerCase()];
    if (foreign) return `; did you mean ${foreign}?`;
    const near = nearest(short, [...SCALARS, ...types.map((one) => one.slice(one.lastIndexOf(".") + 1))]);
    return near ? `; did you mean ${JSON.stringify(near)}?` : none;
  }
}

/** The number of an enum's first value; undefined if it has none, which is said elsewhere. */
const firstNumberOf = ({ declaration }: Symbol) => {
  const [first] = childrenOf(declaration!, "value");
  return first && numberOf(first.number!.text);
};

/** Nobody but its map may use the message of a map's entries. */
const isEntry = ({ kind, declaration }: Symbol) => kind === "message" && declaration?.kind === "field";
