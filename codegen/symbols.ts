import { protobuf } from "../deps.ts";
import { type Declaration, everything } from "./outline.ts";

/** What files declare, by full name. */
export type Symbols = Map<string, Symbol>;

/** A declaration that others may refer to. */
export interface Symbol {
  /** The file that has it. */
  readonly file: string;
  /** What it is, in a word. */
  readonly kind: string;
}

/** Adds what a file declares to the symbols: its types, services and extensions. */
export function addSymbols(symbols: Symbols, file: string, outline: Declaration): void {
  for (const { kind, fullName, parent } of everything(outline)) {
    if (["message", "enum", "service"].includes(kind)) symbols.set(fullName, { file, kind });
    if (parent?.kind === "extend") symbols.set(fullName, { file, kind: "extension" });
  }
}

/** The same for a file that only the parser knows. Some of these hold copies of what they import. */
export function addReflected(symbols: Symbols, file: string, own: protobuf.NamespaceBase): void {
  for (const one of own.nestedArray) {
    const name = one.fullName.slice(1);
    const kind = KINDS.find(([type]) => one instanceof type)?.[1];
    if (kind && !symbols.has(name)) symbols.set(name, { file, kind });
    if (one instanceof protobuf.Namespace) addReflected(symbols, file, one);
  }
}

const KINDS = [
  [protobuf.Type, "message"],
  [protobuf.Enum, "enum"],
  [protobuf.Service, "service"],
  [protobuf.Field, "extension"],
] as const;
