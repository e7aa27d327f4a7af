import { Outliner } from "./outliner.ts";
import type { Source, Token } from "./tokens.ts";

/** What a declaration declares. */
export type Kind =
  | "file"
  | "syntax"
  | "package"
  | "import"
  | "message"
  | "enum"
  | "service"
  | "extend"
  | "oneof"
  | "field"
  | "group"
  | "value"
  | "rpc"
  | "reserved"
  | "extensions";

/** `option name = value`, or the same in brackets. */
export interface Option {
  /** Where its name begins, and the name: `deprecated`, `(my.option).part`. */
  readonly at: Token;
  readonly name: string;
  /** The first token of the value, and where the value ends. */
  readonly value: Token;
  readonly end: number;
}

/** The numbers from one to another, both among them. */
export interface Range {
  readonly at: Token;
  readonly from: number;
  readonly to: number;
}

/** Something that a .proto file declares, and where. */
export interface Declaration {
  readonly kind: Kind;
  /** The token that names it: a word, or a string for `syntax` and `import`. */
  readonly name: Token;
  /** What it is in; undefined for the file. */
  readonly parent: Declaration | undefined;
  /** With its package and what it is in. */
  readonly fullName: string;
  readonly children: Declaration[];
  readonly options: Option[];
  /** What comments say of it. */
  comment?: string;
  /** Of a field: `optional`, `repeated` or `required`. Of an import: `public` or `weak`. */
  label?: Token;
  /** The types that it refers to: of a field, of a map's keys; of what an rpc takes and gives; what is extended. */
  type?: Token;
  keyType?: Token;
  output?: Token;
  /** Of a field, a group or an enum's value. */
  number?: Token;
  /** Of `reserved` and `extensions`. */
  ranges?: Range[];
  reservedNames?: Token[];
  /** Of `extend`: where it begins and ends. */
  span?: readonly [from: number, to: number];
}

/**
 * Finds the declarations of a .proto file.
 *
 * @throws {ProtoProblem} If the text does not have the shape of one.
 */
export function outline(source: Source): Declaration {
  return new Outliner(source).file();
}

/** A declaration and all that are in it. */
export function* everything(one: Declaration): Generator<Declaration> {
  yield one;
  for (const child of one.children) yield* everything(child);
}

/** The children of some kinds. */
export const childrenOf = (one: Declaration, ...kinds: Kind[]): Declaration[] =>
  one.children.filter(({ kind }) => kinds.includes(kind));

/** The fields of a message, those in its oneofs among them. */
export const fieldsOf = (message: Declaration): Declaration[] =>
  message.children.flatMap((one) =>
    one.kind === "oneof" ? fieldsOf(one) : /^(field|group)$/.test(one.kind) ? [one] : []
  );

/** What a string token says. Names have no need of escapes. */
export const textOf = (token: Token): string => token.text.slice(1, -1);
