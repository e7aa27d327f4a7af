import type { Declaration } from "./outline.ts";
import type { TokenReader } from "./token_reader.ts";

/** Reads `name = value`, up to one of the ends. */
export function readOption(tokens: TokenReader, one: Declaration, ends: readonly string[]): void {
  const at = tokens.peek();
  let name = "";
  while (tokens.peek().text !== "=") {
    if (!/^[\w.()]+$/.test(tokens.peek().text)) {
      tokens.fail(tokens.peek(), "write an option: name = value");
    }
    name += tokens.take().text;
  }
  tokens.take();
  const value = tokens.peek();
  if (ends.includes(value.text)) tokens.fail(value, `write the value of ${name} here`);
  let depth = 0;
  while (depth > 0 || !ends.includes(tokens.peek().text)) {
    const { text } = tokens.peek();
    if (text === "" || (depth === 0 && /^(;|\})$/.test(text))) tokens.expect(ends.at(-1)!);
    // A value is one token, several strings, or what is in braces: another word begins another statement.
    if (depth === 0 && tokens.peek() !== value && !/^["'}\]{>[<]/.test(text)) tokens.expect(ends.at(-1)!);
    if (/^[{[<]$/.test(text)) depth++;
    if (/^[}\]>]$/.test(text)) depth--;
    tokens.take();
  }
  one.options.push({ at, name, value, end: tokens.last.end });
}
