import type { Source, Token } from "./tokens.ts";

/** What stands behind a backslash, for one byte. */
const ESCAPES: Record<string, number> = {
  a: 7,
  b: 8,
  f: 12,
  n: 10,
  r: 13,
  t: 9,
  v: 11,
  "\\": 92,
  "'": 39,
  '"': 34,
  "?": 63,
};

const PLAIN = /[^"'\\\n\0]+/y;
const OCTAL = /[0-7]{1,3}/y;
const HEX = /[xX]([0-9a-fA-F]{1,2})/y;
const UNICODE = /u([0-9a-fA-F]{4})|U(00(?:0[0-9a-fA-F]|10)[0-9a-fA-F]{4})/y;

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/**
 * Reads a string of a .proto file: the escapes are those of protoc.
 *
 * @param at Where its first quote is.
 * @throws {ProtoProblem} If it does not end in its line, or has an escape that does not exist.
 */
export function decodeString(source: Source, at: number): { bytes: Uint8Array; end: number } {
  const { text } = source;
  const quote = text[at]!;
  const parts: (string | number)[] = [];
  let i = at + 1;
  for (; text[i] !== quote;) {
    const sign = text[i];
    const plain = matchAt(PLAIN, text, i);
    if (plain) {
      parts.push(plain[0]);
      i += plain[0].length;
    } else if (sign === "\\") {
      const [part, end] = escapeAt(source, i);
      parts.push(part);
      i = end;
    } else if (sign === '"' || sign === "'") {
      parts.push(sign);
      i++;
    } else throw source.problem(at, `the string is not closed in its line; end it with ${quote}`);
  }
  return { bytes: bytesOf(parts), end: i + 1 };
}

function matchAt(pattern: RegExp, text: string, at: number): RegExpExecArray | null {
  pattern.lastIndex = at;
  return pattern.exec(text);
}

/** The byte or the text that an escape stands for, and where the escape ends. */
function escapeAt(source: Source, at: number): [part: string | number, end: number] {
  const { text } = source;
  const next = text[at + 1] ?? "";
  if (Object.hasOwn(ESCAPES, next)) return [ESCAPES[next]!, at + 2];
  const octal = matchAt(OCTAL, text, at + 1);
  if (octal) return [parseInt(octal[0], 8) & 255, at + 1 + octal[0].length];
  const hex = matchAt(HEX, text, at + 1);
  if (hex) return [parseInt(hex[1]!, 16), at + 1 + hex[0].length];
  const unicode = matchAt(UNICODE, text, at + 1);
  if (!unicode) {
    throw source.problem(at, `there is no escape \\${next}; write \\\\ for a backslash`);
  }
  return [...surrogates(source, at, unicode)];
}

/** Two escapes of four digits may be the halves of one character. */
function surrogates({ text }: Source, at: number, [whole, four, eight]: RegExpExecArray): [string, number] {
  const code = parseInt(four ?? eight!, 16);
  const end = at + 1 + whole.length;
  if (code < 0xd800 || code > 0xdbff || text[end] !== "\\") return [String.fromCodePoint(code), end];
  const second = matchAt(UNICODE, text, end + 1);
  const low = parseInt(second?.[1] ?? "", 16);
  if (!(low >= 0xdc00 && low <= 0xdfff)) return [String.fromCodePoint(code), end];
  return [String.fromCharCode(code, low), end + 1 + second![0].length];
}

/** Joins texts, and bytes that may be parts of characters. */
function bytesOf(parts: readonly (string | number)[]): Uint8Array {
  if (parts.every((part) => typeof part === "string")) return encoder.encode(parts.join(""));
  return joined(parts.map((part) => typeof part === "number" ? Uint8Array.of(part) : encoder.encode(part)));
}

/** Bytes behind one another. */
export function joined(parts: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

/** What a string token says. Bytes that are no UTF-8 become U+FFFD. */
export const textOf = ({ bytes }: Token): string => decoder.decode(bytes);
