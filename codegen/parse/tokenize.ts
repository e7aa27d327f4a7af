import { decodeString } from "./strings.ts";
import type { Comment, Source, Token, TokenKind } from "./tokens.ts";

const NO_COMMENTS: readonly Comment[] = [];

// As in protoc's tokenizer: its blanks, letters and line ends are those of ASCII, a line ends with \n alone.
const BLANKS = /[ \t\r\n\v\f]+/y;
const WORD = /[A-Za-z_][A-Za-z0-9_]*/y;
const NUMBER = /0[xX][0-9a-fA-F]+|\d+(?:\.\d*)?(?:[eE][+-]?\d+)?|\.\d+(?:[eE][+-]?\d+)?/y;
const SIGNS = "{}()[]<>=;:,.+-/#";

/**
 * Takes a file's text apart.
 *
 * @returns The tokens. The last has no text: it is the end of the file, and holds the comments before it.
 * @throws {ProtoProblem} At what no .proto file may have.
 */
export function tokenize(source: Source): Token[] {
  const { text } = source;
  const tokens: Token[] = [];
  let comments: Comment[] = [];
  let isFirst = true;
  const add = (kind: TokenKind, end: number, bytes?: Uint8Array) => {
    const token = { kind, text: text.slice(at, end), at, end, comments: comments.length > 0 ? comments : NO_COMMENTS };
    tokens.push(bytes ? { ...token, bytes } : token);
    if (comments.length > 0) comments = [];
    isFirst = false;
    return end;
  };
  const zero = text.indexOf("\0");
  if (zero >= 0) throw source.problem(zero, "U+0000 may not stand in a .proto file; remove it");
  let at = text.startsWith("\ufeff") ? 1 : 0;
  while (at < text.length) {
    const sign = text[at]!;
    let end = matchAt(BLANKS, text, at);
    if (end > 0) {
      isFirst ||= text.slice(at, end).includes("\n");
      at = end;
    } else if ((end = commentEnd(source, at)) > 0) {
      comments.push({ text: bare(text.slice(at, end)), at, end, isFirst });
      at = end;
    } else if ((end = matchAt(WORD, text, at)) > 0) at = add("word", end);
    else if ((end = matchAt(NUMBER, text, at)) > 0) {
      checkNumber(source, tokens.at(-1), at, end);
      at = add(/^(0[xX]|\d+$)/.test(text.slice(at, end)) ? "integer" : "float", end);
    } else if (sign === '"' || sign === "'") {
      const string = decodeString(source, at);
      at = add("string", string.end, string.bytes);
    } else if (SIGNS.includes(sign)) at = add("sign", at + 1);
    else throw source.problem(at, strange(text, at));
  }
  add("end", at);
  return tokens;
}

function matchAt(pattern: RegExp, text: string, at: number): number {
  pattern.lastIndex = at;
  return pattern.test(text) ? pattern.lastIndex : 0;
}

/** Where the comment ends that begins at an offset; 0 if none does. */
function commentEnd(source: Source, at: number): number {
  const { text } = source;
  if (text.startsWith("//", at)) {
    const end = text.indexOf("\n", at);
    return end < 0 ? text.length : end;
  }
  if (!text.startsWith("/*", at)) return 0;
  const close = text.indexOf("*/", at + 2);
  if (close < 0) throw source.problem(at, "the comment is never closed; end it with */");
  const inner = text.slice(at + 2, close + 1).indexOf("/*");
  if (inner >= 0) throw source.problem(at + 2 + inner, "a comment can't stand in another; remove this /*");
  return close + 2;
}

/** As protoc: a number and a word, or a word and a number that begins with a dot, need something between them. */
function checkNumber(source: Source, before: Token | undefined, at: number, end: number): void {
  const { text } = source;
  const number = text.slice(at, end);
  if (/^0\d/.test(number) && !/^0[0-7]+$/.test(number)) {
    throw source.problem(at, `${number} is not octal, as numbers that begin with 0 are; remove the 0`);
  }
  if (/[\w.]/.test(text[end] ?? "")) {
    const whole = /[\w.]{1,100}/.exec(text.slice(at, at + 100))![0];
    throw source.problem(at, `${whole} is neither a number nor a name; names begin with a letter`);
  }
  if (number.startsWith(".") && before?.kind === "word" && before.end === at) {
    throw source.problem(at, `write a blank between ${before.text} and ${number}`);
  }
}

function strange(text: string, at: number): string {
  const sign = String.fromCodePoint(text.codePointAt(at)!);
  const shown = /[\p{C}\p{Z}]/u.test(sign)
    ? `U+${sign.codePointAt(0)!.toString(16).toUpperCase().padStart(4, "0")}`
    : sign;
  return `${JSON.stringify(shown)} may stand in strings and comments only; remove it`;
}

/** What a comment says. */
function bare(comment: string): string {
  if (comment.startsWith("//")) return comment.replace(/^\/\/+ ?/, "").trimEnd();
  const lines = comment.slice(2, -2).replace(/^\*+/, "").split("\n");
  return lines.map((line) => line.replace(/^\s*\* ?|^\s+/, "").trimEnd()).join("\n").trim();
}
