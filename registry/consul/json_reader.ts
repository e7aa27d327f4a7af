import { Buffer } from "node:buffer";

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
/** What a quoted text may contain, as bits. */
const ESCAPED = 0x1;
const NOT_ASCII = 0x2;

const utf8 = new TextDecoder();

/**
 * Reads JSON value by value and builds nothing from values that the caller does not ask for. The time is linear in the
 * number of bytes, however deep the text is nested; the memory is that of the text and of the values that were asked
 * for.
 *
 * `JSON.parse` guarantees neither. It builds an object of 56 bytes from `{},`. It also puts short texts into V8's
 * string table, which hashes decimal numbers without a seed: 200 KB of chosen numbers take one second (CVE-2026-21717).
 */
export class JsonReader {
  readonly #bytes: Uint8Array;
  /** One character per byte, which is faster to inspect than the bytes. */
  readonly #text: string;
  #at = 0;
  /** How many brackets are open. */
  #depth = 0;
  /** Where the current item ends at the latest. */
  #itemEnd = Infinity;
  /** The depth outside of the value that was too large. */
  #rest = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("latin1");
  }

  /** Returns the first character of the next value: `[`, `{`, `"`, or that of a number or word. */
  peek(): string {
    return this.#text[this.#next()]!;
  }

  /**
   * Iterates over the items of an array. Items that the loop body does not read are skipped. A value of another kind
   * has no items.
   */
  *items(): Generator<void> {
    if (!this.#opens("[")) return;
    do {
      const start = this.#next();
      yield;
      if (this.#at === start) this.skip();
    } while (this.#takes(","));
    this.#closes("]");
  }

  /**
   * Reads the next value if it is small.
   *
   * @param mostBytes About how large it may be.
   * @returns What `read` returns; undefined if the value is larger. {@linkcode JsonReader.skipRest} then skips the rest
   * of it.
   */
  small<T>(mostBytes: number, read: () => T): T | undefined {
    const depth = this.#depth;
    this.#itemEnd = this.#next() + mostBytes;
    try {
      return read();
    } catch (error) {
      if (!(error instanceof TooLarge)) throw error;
      this.#rest = depth;
      return undefined;
    } finally {
      this.#itemEnd = Infinity;
    }
  }

  /**
   * Skips the rest of a value that was too large, in parts, so that other work gets a turn between them.
   *
   * @param bytes About how much is skipped at most.
   * @returns Whether the value has ended.
   */
  skipRest(bytes: number): boolean {
    const end = this.#at + bytes;
    while (this.#depth > this.#rest && this.#at < end) this.#skipToken();
    return this.#depth <= this.#rest;
  }

  /**
   * Iterates over the fields of an object, and yields each name. Values that the loop body does not read are skipped.
   */
  *fields(): Generator<string> {
    if (!this.#opens("{")) return;
    do {
      if (this.peek() !== '"') throw this.#fault();
      const name = this.#string();
      this.#expect(":");
      const start = this.#next();
      yield name;
      if (this.#at === start) this.skip();
    } while (this.#takes(","));
    this.#closes("}");
  }

  /** Reads a text; undefined if the value is of another kind. */
  text(): string | undefined {
    return this.peek() === '"' ? this.#string() : void this.skip();
  }

  /** Reads a number; undefined if the value is of another kind. */
  number(): number | undefined {
    const start = this.#next();
    this.skip();
    const number = /^[-\d]/.test(this.#text[start]!) ? Number(this.#text.slice(start, this.#at)) : NaN;
    return Number.isNaN(number) ? undefined : number;
  }

  /** Skips a value. Inside it, brackets are only counted. */
  skip(): void {
    const depth = this.#depth;
    if ("]},:".includes(this.peek())) throw this.#fault();
    do this.#skipToken(); while (this.#depth > depth);
  }

  #skipToken(): void {
    const character = this.peek();
    if (character === '"') this.#pass();
    else if (character === "," || character === ":") this.#at++;
    else if (character === "[" || character === "{") {
      this.#at++;
      this.#depth++;
    } else if (character === "]" || character === "}") {
      this.#at++;
      this.#depth--;
    } else this.#passWord();
  }

  /** Checks that nothing follows. */
  end(): void {
    this.#passSpace();
    if (this.#at < this.#text.length) throw this.#fault();
  }

  /** Moves to the next character that is not white space. */
  #next(): number {
    this.#passSpace();
    if (this.#at >= this.#text.length) throw this.#fault();
    if (this.#at > this.#itemEnd) throw new TooLarge();
    return this.#at;
  }

  /** Enters an array or object. Returns false if it is empty, or if the value is of another kind, which is skipped. */
  #opens(bracket: "[" | "{"): boolean {
    if (this.peek() !== bracket) {
      this.skip();
      return false;
    }
    this.#at++;
    this.#depth++;
    const end = bracket === "[" ? "]" : "}";
    if (this.peek() !== end) return true;
    this.#closes(end);
    return false;
  }

  #closes(bracket: "]" | "}"): void {
    this.#expect(bracket);
    this.#depth--;
  }

  #takes(character: string): boolean {
    const found = this.peek() === character;
    if (found) this.#at++;
    return found;
  }

  #expect(character: string): void {
    if (!this.#takes(character)) throw this.#fault();
  }

  #string(): string {
    const start = this.#at + 1;
    const has = this.#pass();
    const end = this.#at - 1;
    const text = has & NOT_ASCII ? utf8.decode(this.#bytes.subarray(start, end)) : this.#text.slice(start, end);
    // The suffix "#" makes a decimal number a text that V8 hashes with a seed.
    return has & ESCAPED ? (JSON.parse(`"${text}#"`) as string).slice(0, -1) : text;
  }

  /**
   * Skips a quoted text.
   *
   * @returns What the text contains, as bits.
   */
  #pass(): number {
    const text = this.#text;
    let has = 0;
    for (let at = this.#at + 1; at < text.length; at++) {
      const code = text.charCodeAt(at);
      if (code === QUOTE) {
        this.#at = at + 1;
        return has;
      }
      if (code === BACKSLASH) {
        has |= ESCAPED;
        at++;
      } else if (code > 0x7f) has |= NOT_ASCII;
    }
    this.#at = text.length;
    throw this.#fault();
  }

  #passSpace(): void {
    while (isSpace(this.#text.charCodeAt(this.#at))) this.#at++;
  }

  #passWord(): void {
    const start = this.#at;
    while (isWord(this.#text.charCodeAt(this.#at))) this.#at++;
    if (this.#at === start) throw this.#fault();
  }

  #fault(): SyntaxError {
    return new SyntaxError(this.#at < this.#text.length ? `not JSON at byte ${this.#at}` : "the text is cut off");
  }
}

/** Thrown when a value is too large, to stop reading it. */
class TooLarge extends Error {}

const isSpace = (code: number) => code === 0x20 || code === 0x0a || code === 0x0d || code === 0x09;

/** Whether a character can be part of a number, `true`, `false` or `null`. */
const isWord = (code: number) =>
  (code >= 0x30 && code <= 0x39) || (code >= 0x61 && code <= 0x7a) || code === 0x2d || code === 0x2b || code === 0x2e ||
  code === 0x45;
