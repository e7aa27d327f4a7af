/**
 * Reads the JSON of requests from a stream of text: values one after the other, or one per line.
 *
 * @module
 */

import type { JsonValue } from "../../mod.ts";
import { EXIT, Failure } from "../output/failure.ts";

/** Splits a stream of text into JSON values. Each value is yielded as soon as it is complete. */
export class JsonSplitter {
  #value = "";
  #depth = 0;
  #quoted = false;
  /** The number of characters of the next piece to skip: the character after a backslash. */
  #skip = 0;

  /** Adds a piece of text, and yields the values that it completes. */
  *push(piece: string): Generator<string> {
    let start = 0;
    for (let at = this.#next(piece, this.#skip); at >= 0; at = this.#next(piece, at + 1 + this.#skip)) {
      if (!this.#take(piece[at]!)) continue;
      this.#value += piece.slice(start, at + 1);
      start = at + 1;
      yield* this.end();
    }
    this.#value += piece.slice(start);
  }

  /** Yields the remaining text as a value when the input ends. */
  *end(): Generator<string> {
    const value = this.#value.trim();
    this.#value = "";
    if (value !== "") yield value;
  }

  /** Returns the position of the next significant character. Inside quotes it skips long texts in one step. */
  #next(piece: string, from: number): number {
    this.#skip = Math.max(0, from - piece.length);
    const matters = this.#quoted ? /["\\]/g : /["{}[\]\s]/g;
    matters.lastIndex = from;
    return matters.exec(piece)?.index ?? -1;
  }

  /** @returns Whether a value ends with this character. A number ends at the next white space. */
  #take(character: string): boolean {
    if (character === "\\") this.#skip = 1;
    else if (character === '"') {
      this.#quoted = !this.#quoted;
      return !this.#quoted && this.#depth === 0;
    } else if ("{[".includes(character)) this.#depth++;
    else if ("}]".includes(character)) this.#depth--;
    return !this.#quoted && this.#depth <= 0 && !"{[\\".includes(character);
  }
}

/**
 * Parses a JSON value. Integers beyond 2^53 become strings, as in protobuf's JSON, because numbers would round them.
 *
 * @throws {Failure} If the text is not JSON.
 */
export function parseJson(text: string, where: string): JsonValue {
  const keep = (_key: string, value: unknown, context: { source?: string }) =>
    typeof value === "number" && !Number.isSafeInteger(value) && /^-?\d+$/.test(context.source!)
      ? context.source
      : value;
  try {
    return JSON.parse(text, keep as (key: string, value: unknown) => unknown);
  } catch (error) {
    const shown = text.length > 60 ? `${text.slice(0, 60)}...` : text;
    throw new Failure(
      `${where} is no JSON: ${(error as Error).message}: ${shown}`,
      `write it like '{"name": "value"}'`,
      EXIT.usage,
    );
  }
}

/** Yields the values of the arguments: JSON, `@FILE`, or `-` for stdin. `signal` ends reading from stdin. */
export async function* jsonValues(words: readonly string[], signal: AbortSignal): AsyncGenerator<JsonValue> {
  for (const word of words) {
    if (word === "-" || word === "@-") yield* valuesOf(pieces(Deno.stdin.readable, signal), "stdin");
    else if (word.startsWith("@")) yield* valuesOf([await textOf(word.slice(1))], word.slice(1));
    else yield* valuesOf([word], "the argument");
  }
}

async function textOf(path: string): Promise<string> {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(await Deno.readFile(path));
  } catch (error) {
    if (error instanceof TypeError) throw noText(path);
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    throw new Failure(`there is no file ${path}`, undefined, EXIT.usage);
  }
}

async function* valuesOf(texts: AsyncIterable<string> | Iterable<string>, where: string): AsyncGenerator<JsonValue> {
  const splitter = new JsonSplitter();
  for await (const text of texts) {
    for (const value of splitter.push(text)) yield parseJson(value, where);
  }
  for (const value of splitter.end()) yield parseJson(value, where);
}

async function* pieces(bytes: ReadableStream<Uint8Array<ArrayBuffer>>, signal: AbortSignal): AsyncGenerator<string> {
  try {
    yield* bytes.pipeThrough(new TextDecoderStream("utf-8", { fatal: true }), { signal });
  } catch (error) {
    throw error instanceof TypeError ? noText("stdin") : error;
  }
}

const noText = (where: string) =>
  new Failure(`${where} is no UTF-8, which JSON is written in`, "bytes of a message are base64 in JSON", EXIT.usage);
