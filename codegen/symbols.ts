import { protobuf } from "../deps.ts";
import type { Syntax } from "./check.ts";
import { type Declaration, everything } from "./outline.ts";

/** What files declare, by full name. */
export type Symbols = Map<string, Symbol>;

/** A declaration that others may refer to. */
export interface Symbol {
  /** The file that has it. */
  readonly file: string;
  /** What it is, in a word. */
  readonly kind: string;
  /** Whether it is of proto2: its enums take no numbers that they don't know. */
  readonly closed: boolean;
}

/** Adds what a file declares to the symbols: its types, services and extensions. */
export function addSymbols(symbols: Symbols, file: string, outline: Declaration, syntax: Syntax): void {
  const closed = syntax === "proto2";
  for (const { kind, fullName, parent } of everything(outline)) {
    if (["message", "enum", "service"].includes(kind)) symbols.set(fullName, { file, kind, closed });
    if (parent?.kind === "extend") symbols.set(fullName, { file, kind: "extension", closed });
  }
}

/** The same for a file that only the parser knows. Some of these hold copies of what they import. */
export function addReflected(symbols: Symbols, file: string, own: protobuf.NamespaceBase): void {
  for (const one of own.nestedArray) {
    const name = one.fullName.slice(1);
    const kind = KINDS.find(([type]) => one instanceof type)?.[1];
    if (kind && !symbols.has(name)) symbols.set(name, { file, kind, closed: file === DESCRIPTOR });
    if (one instanceof protobuf.Namespace) addReflected(symbols, file, one);
  }
}

/** The only one of these files that has enums and is of proto2. */
const DESCRIPTOR = "google/protobuf/descriptor.proto";

const KINDS = [
  [protobuf.Type, "message"],
  [protobuf.Enum, "enum"],
  [protobuf.Service, "service"],
  [protobuf.Field, "extension"],
] as const;
