import type { Symbol, Symbols } from "./symbols.ts";

/** What holds names of its own. */
const AGGREGATES = ["package", "message", "enum", "service"];

/** What came of looking for a name. */
export interface Found {
  readonly symbol?: Symbol;
  /** What hides the name that was meant: its first part is this one, which has no such rest. */
  readonly hidden?: Symbol;
}

/** The names that a file sees: its own, those of its imports, and of what these import publicly. */
export class Scope {
  readonly #symbols: Symbols;
  /** Finds a full name also in files that the file does not import itself, but those that it imports do. */
  readonly reach: (fullName: string) => Symbol | undefined;

  constructor(symbols: Symbols, reach: (fullName: string) => Symbol | undefined) {
    this.#symbols = symbols;
    this.reach = reach;
  }

  /**
   * Finds what a name means, as protoc does: the innermost scope that has its first part wins, whether or not it has
   * the rest. https://protobuf.dev/programming-guides/proto3/#name-resolution
   *
   * @param name The name as it is written; with a dot in front it is a full one.
   * @param from The full name of what names it.
   * @param typesOnly Whether what is no type is passed over.
   */
  find(name: string, from: string, typesOnly: boolean): Found {
    if (name.startsWith(".")) return { symbol: this.#symbols.get(name.slice(1)) };
    const dot = name.indexOf(".");
    const first = dot < 0 ? name : name.slice(0, dot);
    for (let end = from.lastIndexOf("."); end > 0; end = from.lastIndexOf(".", end - 1)) {
      const scope = from.slice(0, end);
      const symbol = this.#symbols.get(`${scope}.${first}`);
      if (symbol === undefined) continue;
      if (dot < 0) {
        if (typesOnly && symbol.kind !== "message" && symbol.kind !== "enum") continue;
        return { symbol };
      }
      if (!AGGREGATES.includes(symbol.kind)) continue;
      const whole = this.#symbols.get(`${scope}.${name}`);
      return whole ? { symbol: whole } : { hidden: symbol };
    }
    return { symbol: this.#symbols.get(name) };
  }

  /** What a full name means. */
  get(fullName: string): Symbol | undefined {
    return this.#symbols.get(fullName);
  }

  /** All full names. */
  names(): Iterable<string> {
    return this.#symbols.keys();
  }
}
