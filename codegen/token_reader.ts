import { numberOf } from "./numbers.ts";
import { type Comment, type Source, type Token, tokenize } from "./tokens.ts";

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

  /** The one that was taken last. */
  get last(): Token {
    return this.#tokens[this.#next - 1] ?? this.peek();
  }

  /** One that is to come: the next, or one behind it. */
  peek(ahead = 0): Token {
    return this.#tokens[Math.min(this.#next + ahead, this.#tokens.length - 1)]!;
  }

  /** Takes the next one. */
  take(): Token {
    const token = this.peek();
    this.#next++;
    return token;
  }

  /** Takes the next one if it is this. */
  is(text: string): boolean {
    if (this.peek().text !== text) return false;
    this.#next++;
    return true;
  }

  /** Takes the next one, which must be this. */
  expect(text: string): Token {
    const token = this.peek();
    if (token.text === text) return this.take();
    const { last } = this;
    if (text !== ";") return this.fail(token, `write ${text} after ${last.text}`);
    throw this.#source.problem(last.end, `write ; after ${last.text}${token.text && `, before ${token.text}`}`);
  }

  /** Takes a word, which `what` describes. */
  word(what: string, pattern = /^[A-Za-z_]\w*$/): Token {
    const token = this.peek();
    return pattern.test(token.text) ? this.take() : this.fail(token, `write ${what} here`);
  }

  /** Takes the name of a type. */
  type(what: string): Token {
    return this.word(what, /^\.?[A-Za-z_]/);
  }

  /** Takes a string. */
  string(what: string): Token {
    return this.word(`${what} in quotes`, /^["']/);
  }

  /** Takes a whole number. */
  number(): Token {
    const token = this.peek();
    return Number.isNaN(numberOf(token.text)) ? this.fail(token, "write a whole number here") : this.take();
  }

  /** Refuses a token. @throws {ProtoProblem} Always. */
  fail(token: Token, remedy: string): never {
    const what = token.text === "" ? "the file ends too early" : `${token.text} is not expected`;
    throw this.#source.problem(token.at, `${what}; ${remedy}`);
  }
}

/** What comments say of the statement that began at `first` and whose head was just read: those before it, and one behind it. */
export function commentOf(source: Source, first: Token, tokens: TokenReader): string | undefined {
  const lines: string[] = [];
  let next = source.lineAt(first.at);
  for (const comment of first.comments.toReversed()) {
    if (!isAlone(source, comment) || next - source.lineAt(comment.end) > 1) break;
    lines.unshift(comment.text);
    next = source.lineAt(comment.at);
  }
  const [after] = tokens.peek().comments;
  const line = source.lineAt(tokens.last.end);
  const trails = after && source.lineAt(after.at) === line && source.lineAt(tokens.peek().at) !== line;
  const parts = [lines.join("\n"), trails ? after.text : ""].map((part) => part.trim()).filter((part) => part !== "");
  return parts.length === 0 ? undefined : parts.join("\n\n");
}

/** Nothing stands before it in its line. */
const isAlone = (source: Source, { at }: Comment) =>
  source.text.slice(source.startOf(source.lineAt(at)), at).trim() === "";
