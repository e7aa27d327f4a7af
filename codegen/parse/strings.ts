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
const UNICODE = /u([0-9a-fA-F]{4})|U(00[01][0-9a-fA-F]{5})/y;

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
  const parts: (string | Uint8Array)[] = [];
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

/** The bytes or the text that an escape stands for, and where the escape ends. */
function escapeAt(source: Source, at: number): [part: string | Uint8Array, end: number] {
  const { text } = source;
  const next = text[at + 1] ?? "";
  if (Object.hasOwn(ESCAPES, next)) return [Uint8Array.of(ESCAPES[next]!), at + 2];
  const octal = matchAt(OCTAL, text, at + 1);
  if (octal) return [Uint8Array.of(parseInt(octal[0], 8)), at + 1 + octal[0].length];
  const hex = matchAt(HEX, text, at + 1);
  if (hex) return [Uint8Array.of(parseInt(hex[1]!, 16)), at + 1 + hex[0].length];
  const unicode = matchAt(UNICODE, text, at + 1);
  if (!unicode) {
    throw source.problem(at, `there is no escape \\${next}; write \\\\ for a backslash`);
  }
  return surrogates(source, at, unicode);
}

/** Two escapes of four digits may be the halves of one character. */
function surrogates(
  { text }: Source,
  at: number,
  [whole, four, eight]: RegExpExecArray,
): [string | Uint8Array, number] {
  const code = parseInt(four ?? eight!, 16);
  const end = at + 1 + whole.length;
  if (code > 0x10ffff) return [`\\${whole}`, end]; // as protoc has it, up to 1fffff
  const second = code >= 0xd800 && code <= 0xdbff && text[end] === "\\" ? matchAt(UNICODE, text, end + 1) : null;
  const low = parseInt(second?.[1] ?? "", 16);
  if (low >= 0xdc00 && low <= 0xdfff) return [String.fromCharCode(code, low), end + 1 + second![0].length];
  return [utf8Of(code), end];
}

/** A character; or what protoc makes of half a one: the bytes that it would have. */
function utf8Of(code: number): string | Uint8Array {
  if (code < 0xd800 || code > 0xdfff) return String.fromCodePoint(code);
  return Uint8Array.of(0xe0 | code >> 12, 0x80 | code >> 6 & 0x3f, 0x80 | code & 0x3f);
}

/** Joins texts, and bytes that may be parts of characters. */
function bytesOf(parts: readonly (string | Uint8Array)[]): Uint8Array {
  if (parts.every((part) => typeof part === "string")) return encoder.encode(parts.join(""));
  return joined(parts.map((part) => typeof part === "string" ? encoder.encode(part) : part));
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
