import { ProtoProblem } from "./problem.ts";

/** A word, number, string or sign of a .proto file. */
export interface Token {
  /** As it is written. */
  readonly text: string;
  /** Where it begins and ends in the file's text. */
  readonly at: number;
  readonly end: number;
  /** The comments between it and the token before it. */
  readonly comments: readonly Comment[];
}

/** A comment of a .proto file. */
export interface Comment {
  /** Without the signs that make it one. */
  readonly text: string;
  readonly at: number;
  readonly end: number;
}

/** The text of a .proto file, and where things are in it. */
export class Source {
  /** The offsets at which lines begin. */
  readonly #lines: number[];

  /** Holds the text of the file that imports call `name`. */
  constructor(readonly name: string, readonly text: string) {
    this.#lines = [0, ...[...text.matchAll(/\n/g)].map(({ index }) => index + 1)];
  }

  /** The line, from 1, at an offset. */
  lineAt(offset: number): number {
    let [low, high] = [0, this.#lines.length];
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (this.#lines[middle]! <= offset) low = middle;
      else high = middle;
    }
    return low + 1;
  }

  /** Where a line begins. */
  startOf(line: number): number {
    return this.#lines[line - 1] ?? this.text.length;
  }

  /** A mistake at an offset. */
  problem(offset: number, text: string): ProtoProblem {
    const line = this.lineAt(offset);
    return new ProtoProblem(this.name, line, offset - this.startOf(line) + 1, text);
  }
}

const PIECE =
  /(?<space>\s+)|(?<comment>\/\/.*|\/\*[^]*?\*\/)|(?<token>-(?:inf|nan)\b|\.?[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*|-?\.?\d(?:[eE][+-]|[\w.])*|"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|[{}()[\]<>=;:,.-]|\/(?![*/]))/y;

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
  let at = text.startsWith("\ufeff") ? 1 : 0;
  while (at < text.length) {
    PIECE.lastIndex = at;
    const groups = PIECE.exec(text)?.groups;
    if (groups === undefined) throw source.problem(at, strange(text, at));
    const end = PIECE.lastIndex;
    if (groups.comment !== undefined) comments.push({ text: bare(groups.comment), at, end });
    else if (groups.token !== undefined) {
      tokens.push({ text: groups.token, at, end, comments });
      comments = [];
    }
    at = end;
  }
  tokens.push({ text: "", at, end: at, comments });
  return tokens;
}

function strange(text: string, at: number): string {
  if (text.startsWith("/*", at)) return "the comment is never closed; end it with */";
  if (/["']/.test(text[at]!)) return `the string is not closed in its line; end it with ${text[at]}`;
  const sign = String.fromCodePoint(text.codePointAt(at)!);
  return `${JSON.stringify(sign)} may stand in strings and comments only; remove it`;
}

/** What a comment says. */
function bare(comment: string): string {
  if (comment.startsWith("//")) return comment.replace(/^\/\/+ ?/, "").trimEnd();
  const lines = comment.slice(2, -2).replace(/^\*+/, "").split("\n");
  return lines.map((line) => line.replace(/^\s*\* ?|^\s+/, "").trimEnd()).join("\n").trim();
}
