import type { EnumJson, FieldJson, MessageJson } from "../../codec/descriptor/json_types.ts";
import type { Syntax } from "../parse/syntax.ts";
import { nameIn, scopeOf } from "../parse/full_names.ts";
import { type Declaration, entryNameOf, everything, fieldNameOf, isField } from "../parse/outline.ts";
import type { Source } from "../parse/tokens.ts";

/** What a name stands for. */
export type SymbolKind =
  | "package"
  | "message"
  | "enum"
  | "service"
  | "field"
  | "extension"
  | "oneof"
  | "value"
  | "method";

/** A name that files declare. */
export interface Symbol {
  readonly fullName: string;
  /** The file that declares it. */
  readonly file: string;
  readonly kind: SymbolKind;
  /** Of an enum: whether it takes no numbers that it does not know, as those of proto2. */
  readonly closed: boolean;
  readonly declaration?: Declaration;
  /** Its descriptor, which is made once all types are known; of a method, an oneof or a value there is none. */
  json?: MessageJson | EnumJson | FieldJson;
}

/** What a file declares, by full name. */
export type Symbols = Map<string, Symbol>;

const KINDS: Partial<Record<Declaration["kind"], SymbolKind>> = {
  message: "message",
  group: "message",
  enum: "enum",
  service: "service",
  oneof: "oneof",
  value: "value",
  rpc: "method",
  field: "field",
};

/**
 * What a file declares, with its package. Of two things of one name it holds the first.
 *
 * @param again Receives each name that is declared a second time.
 */
export function symbolsOf(
  { name: file }: Source,
  outline: Declaration,
  syntax: Syntax,
  again: (declaration: Declaration, name: string, before: Symbol) => void,
): Symbols {
  const symbols: Symbols = new Map();
  const closed = syntax === "proto2";
  const add = (fullName: string, kind: SymbolKind, declaration: Declaration) => {
    const before = symbols.get(fullName);
    if (before) again(declaration, fullName.slice(fullName.lastIndexOf(".") + 1), before);
    else symbols.set(fullName, { fullName, file, kind, closed, declaration });
  };
  addPackage(symbols, file, outline.fullName);
  for (const one of everything(outline)) {
    const kind = KINDS[one.kind];
    if (kind === undefined) continue;
    const isExtension = isField(one) && one.parent!.kind === "extend";
    const scope = scopeOf(one);
    if (isField(one)) add(nameIn(scope, fieldNameOf(one)), isExtension ? "extension" : "field", one);
    if (kind !== "field") add(one.fullName, kind, one);
    if (one.keyType) add(nameIn(scope, entryNameOf(one)), "message", one);
  }
  return symbols;
}

function addPackage(symbols: Symbols, file: string, name: string): void {
  for (let end = name.indexOf("."); name !== ""; end = name.indexOf(".", end + 1)) {
    const fullName = end < 0 ? name : name.slice(0, end);
    symbols.set(fullName, { fullName, file, kind: "package", closed: false });
    if (end < 0) return;
  }
}
