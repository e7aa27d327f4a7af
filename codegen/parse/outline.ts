import type { Token } from "./tokens.ts";

/** What a declaration declares. */
export type Kind =
  | "file"
  | "syntax"
  | "edition"
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
  readonly parts: readonly OptionPart[];
  readonly value: OptionValue;
}

/** A part of an option's name: a field, or in parentheses an extension. */
export interface OptionPart {
  readonly at: Token;
  readonly name: string;
  readonly isExtension: boolean;
}

/** What an option is set to: a word, number or text; a message in braces; in such a message also a list. */
export type OptionValue =
  | { readonly kind: "scalar"; readonly token: Token; readonly minus: boolean }
  | { readonly kind: "message"; readonly token: Token; readonly fields: readonly AggregateField[] }
  | { readonly kind: "list"; readonly token: Token; readonly values: readonly OptionValue[] };

/** A field in a message in braces. */
export interface AggregateField {
  readonly at: Token;
  /** The field's name; the name of an extension or the URL of an Any's type if it stood in brackets. */
  readonly name: string;
  readonly inBrackets: boolean;
  readonly value: OptionValue;
}

/** The numbers from one to another, both among them. */
export interface Range {
  readonly at: Token;
  readonly from: number;
  readonly to: number;
  /** Whether it ends with `max`. */
  readonly isMax: boolean;
}

/** Something that a .proto file declares, and where. */
export interface Declaration {
  readonly kind: Kind;
  /** The token that names it: a word, or a string for `syntax` and `import`. */
  readonly name: Token;
  /** What it is in; undefined for the file. */
  readonly parent: Declaration | undefined;
  /** With its package and what it is in. Of a file: its package. */
  fullName: string;
  readonly children: Declaration[];
  readonly options: Option[];
  /** What comments say of it. */
  comment?: string;
  /** Of a field: `optional`, `repeated` or `required`. Of an import: `public`, `weak` or `option`. */
  label?: Token;
  /** The types that it refers to: of a field, of a map's keys; of what an rpc takes and gives; what is extended. */
  type?: Token;
  keyType?: Token;
  output?: Token;
  /** Of an rpc: whether it takes and gives streams. */
  streams?: { input: boolean; output: boolean };
  /** Of a field, a group or an enum's value. */
  number?: Token;
  /** Of `reserved` and `extensions`. */
  ranges?: Range[];
  reservedNames?: Token[];
  /** Of a message or an enum of edition 2024: `export` or `local`. */
  visibility?: Token;
}

/** A declaration and all that are in it. */
export function* everything(one: Declaration): Generator<Declaration> {
  yield one;
  for (const child of one.children) yield* everything(child);
}

/** The children of some kinds. */
export const childrenOf = (one: Declaration, ...kinds: Kind[]): Declaration[] =>
  one.children.filter(({ kind }) => kinds.includes(kind));

/** Whether a declaration is a field, be it a group. */
export const isField = ({ kind }: Declaration): boolean => kind === "field" || kind === "group";

/** The fields of a message, those in its oneofs among them. */
export const fieldsOf = (message: Declaration): Declaration[] =>
  message.children.flatMap((one) => one.kind === "oneof" ? fieldsOf(one) : isField(one) ? [one] : []);

/** The name of a field: that of a group is its type's in lower case. */
export const fieldNameOf = ({ kind, name }: Declaration): string =>
  kind === "group" ? name.text.toLowerCase() : name.text;

/** The name of the message that a map's entries are on the wire: `CountsEntry`. */
export const entryNameOf = ({ name }: Declaration): string =>
  name.text.replace(/(?:^_*|_+)([a-zA-Z0-9]?)/g, (_, letter: string) => letter.toUpperCase()) + "Entry";

/** Whether a message is of the format that protobuf had before extensions: its extensions may have larger numbers. */
export const isMessageSet = ({ options }: Declaration): boolean =>
  options.some(({ name, value }) =>
    name === "message_set_wire_format" && value.kind === "scalar" && value.token.text === "true"
  );
