import { integerOf } from "./numbers.ts";
import { joined } from "./strings.ts";
import { tokenize } from "./tokenize.ts";
import type { Source, Token } from "./tokens.ts";

/** Goes through the tokens of a file. What is not as expected is a problem, with a remedy. */
export class TokenReader {
  readonly #source: Source;
  readonly #tokens: readonly Token[];
  #next = 0;

  /** Begins at the start of a file. */
  constructor(source: Source) {
    this.#source = source;
    this.#tokens = tokenize(source);
  }

  /** The token that was taken last. */
  get last(): Token {
    return this.#tokens[this.#next - 1] ?? this.peek();
  }

  /** A token that is to come: the next, or one behind it. */
  peek(ahead = 0): Token {
    return this.#tokens[Math.min(this.#next + ahead, this.#tokens.length - 1)]!;
  }

  /** Whether the next token is this sign or word. A string that says the same is another thing. */
  sees(text: string): boolean {
    return this.peek().text === text;
  }

  /** Takes the next token. */
  take(): Token {
    const token = this.peek();
    this.#next++;
    return token;
  }

  /** Takes the next token if it is this. */
  is(text: string): boolean {
    if (this.peek().text !== text) return false;
    this.#next++;
    return true;
  }

  /** Passes over the rest of a line if the next token begins a comment of the text format. */
  skipTextComments(): void {
    while (this.sees("#")) {
      const line = this.#source.lineAt(this.peek().at);
      while (!/^\}?$/.test(this.peek().text) && this.#source.lineAt(this.peek().at) === line) this.#next++;
    }
  }

  /** Takes the next token, which must be this. */
  expect(text: string): Token {
    const token = this.peek();
    if (token.text === text) return this.take();
    const { last } = this;
    if (text !== ";") return this.fail(token, `write ${text} after ${last.text}`);
    throw this.#source.problem(last.end, `write ; after ${last.text}${token.text && `, before ${token.text}`}`);
  }

  /** Takes a word, which `what` describes. */
  word(what: string): Token {
    const token = this.peek();
    return token.kind === "word" ? this.take() : this.fail(token, `write ${what} here`);
  }

  /** Takes a name whose parts are joined by dots, over lines and comments. */
  dotted(what: string): Token {
    return this.#dotted(what, false);
  }

  /** Takes the name of a type, which may begin with a dot. */
  type(what: string): Token {
    return this.#dotted(what, true);
  }

  #dotted(what: string, mayBeginWithDot: boolean): Token {
    const first = this.peek();
    const parts: string[] = [];
    if (mayBeginWithDot && this.is(".")) parts.push(".");
    parts.push(this.word(what).text);
    while (this.is(".")) parts.push(".", this.word("the next part of the name").text);
    if (parts.length === 1) return first;
    return { kind: "word", text: parts.join(""), at: first.at, end: this.last.end, comments: first.comments };
  }

  /** Takes a string, or several that stand behind one another and are one. */
  string(what: string): Token {
    const first = this.peek();
    if (first.kind !== "string") return this.fail(first, `write ${what} in quotes here`);
    const parts: Token[] = [];
    while (this.peek().kind === "string") parts.push(this.take());
    if (parts.length === 1) return first;
    const text = this.#source.text.slice(first.at, this.last.end);
    return { ...first, text, end: this.last.end, bytes: joined(parts.map(({ bytes }) => bytes!)) };
  }

  /** Takes a whole number, which may be negative. */
  number(): Token {
    const first = this.peek();
    const minus = this.is("-");
    const digits = this.peek();
    if (digits.kind !== "integer") return this.fail(digits, "write a whole number here");
    this.take();
    return minus ? { ...digits, text: `-${digits.text}`, at: first.at } : digits;
  }

  /** Takes a whole number, and says which. */
  integer(): { token: Token; value: number } {
    const token = this.number();
    return { token, value: Number(integerOf(token.text)) };
  }

  /**
   * Refuses a token.
   *
   * @throws {ProtoProblem} Always.
   */
  fail(token: Token, remedy: string): never {
    const what = token.kind === "end" ? "the file ends too early" : `${token.text} is not expected`;
    throw this.#source.problem(token.at, `${what}; ${remedy}`);
  }
}
