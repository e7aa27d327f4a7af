import { integerOf } from "../parse/numbers.ts";
import type { Declaration } from "../parse/outline.ts";
import { textOf } from "../parse/strings.ts";
import type { SymbolKind } from "../resolve/symbols.ts";

/** The default of a field of proto2, as descriptors have it: as text; undefined if there is none. */
export function defaultOf({ options, type }: Declaration, kind: SymbolKind | undefined): string | undefined {
  const value = options.find(({ name }) => name === "default")?.value;
  if (value?.kind !== "scalar") return undefined;
  const { token, minus } = value;
  const sign = minus ? "-" : "";
  if (token.kind === "string") return type!.text === "bytes" ? escaped(token.bytes!) : textOf(token);
  if (token.text === "nan" && kind !== "enum") return token.text;
  if (kind === "enum" || token.kind === "word") return sign + token.text;
  if (/^(float|double)$/.test(type!.text)) {
    const number = Number(token.kind === "integer" ? integerOf(token.text) : token.text);
    return sign + (number === Infinity ? "inf" : number);
  }
  // A fraction does not fit, which is said when the types are checked.
  return sign + (token.kind === "integer" ? integerOf(token.text) : token.text);
}

/** Bytes as text, as C writes them. */
function escaped(bytes: Uint8Array): string {
  const names: Record<number, string> = { 9: "\\t", 10: "\\n", 13: "\\r", 34: '\\"', 39: "\\'", 92: "\\\\" };
  return Array.from(bytes, (byte) => {
    if (names[byte] !== undefined) return names[byte];
    return byte >= 32 && byte < 127 ? String.fromCharCode(byte) : `\\${byte.toString(8).padStart(3, "0")}`;
  }).join("");
}
