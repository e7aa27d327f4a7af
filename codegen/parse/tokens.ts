import { ProtoProblem } from "../problem.ts";

/** What a token is. The end of the file is one, without text. */
export type TokenKind = "word" | "integer" | "float" | "string" | "sign" | "end";

/**
 * A word, number, string or sign of a .proto file; or several that belong together, such as the parts of a type's name.
 */
export interface Token {
  readonly kind: TokenKind;
  /** The text of the file; without the blanks and comments between the parts of a name. */
  readonly text: string;
  /** Where the token begins and ends in the file's text. */
  readonly at: number;
  readonly end: number;
  /** The comments between this token and the one before it. */
  readonly comments: readonly Comment[];
  /** Of a string: its bytes, without quotes and escapes. */
  readonly bytes?: Uint8Array;
}

/** A comment of a .proto file. */
export interface Comment {
  /** The text without the signs that make it a comment. */
  readonly text: string;
  readonly at: number;
  readonly end: number;
  /** Whether nothing but blanks stands before the comment in its line. */
  readonly isFirst: boolean;
}

/** The text of a .proto file, and where things are in it. */
export class Source {
  /** The offsets at which lines begin. */
  readonly #lines: number[] = [0];

  /** Holds the text of the file that imports call `name`. */
  constructor(readonly name: string, readonly text: string) {
    for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) this.#lines.push(at + 1);
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

  /** A mistake at an offset. */
  problem(offset: number, text: string): ProtoProblem {
    const line = this.lineAt(offset);
    return new ProtoProblem(this.name, line, offset - this.#lines[line - 1]! + 1, text);
  }
}
