import type { AggregateField, Declaration, OptionPart, OptionValue } from "./outline.ts";
import type { TokenReader } from "./token_reader.ts";

/** How deep messages in braces may stand in each other, as in Google's implementations. */
export const MAX_BRACES_DEPTH = 100;

/** Reads `name = value`. */
export function readOption(tokens: TokenReader, one: Declaration): void {
  const at = tokens.peek();
  const parts: OptionPart[] = [];
  do parts.push(readPart(tokens)); while (tokens.is("."));
  if (!tokens.sees("=")) tokens.fail(tokens.peek(), "write an option: name = value");
  tokens.take();
  const name = parts.map((part) => part.isExtension ? `(${part.name})` : part.name).join(".");
  const first = tokens.peek();
  if (first.kind === "sign" && !["{", "-"].includes(first.text)) {
    tokens.fail(first, `write the value of ${name} here`);
  }
  const value = tokens.sees("{") ? readMessage(tokens, "}", 1) : readScalar(tokens, `the value of ${name}`);
  one.options.push({ at, name, parts, value });
}

function readPart(tokens: TokenReader): OptionPart {
  const at = tokens.peek();
  if (!tokens.is("(")) return { at, name: tokens.word("an option: name = value").text, isExtension: false };
  const { text } = tokens.type("the name of an extension");
  tokens.expect(")");
  return { at, name: text, isExtension: true };
}

function readScalar(tokens: TokenReader, what: string): OptionValue {
  const minus = tokens.is("-");
  const token = tokens.peek();
  if (token.kind === "string" && !minus) return { kind: "scalar", token: tokens.string(what), minus };
  const fits = minus ? /^(integer|float)$|^word$/ : /^(integer|float|word)$/;
  if (!fits.test(token.kind) || minus && token.kind === "word" && !/^(inf|infinity|nan)$/i.test(token.text)) {
    tokens.fail(token, `write ${what} here`);
  }
  return { kind: "scalar", token: tokens.take(), minus };
}

/** Reads a message in braces, in the text format of protobuf. */
function readMessage(tokens: TokenReader, close: string, depth: number): OptionValue {
  const token = tokens.take();
  if (depth > MAX_BRACES_DEPTH) {
    tokens.fail(token, `messages stand more than ${MAX_BRACES_DEPTH} deep in each other; make it flatter`);
  }
  const fields: AggregateField[] = [];
  tokens.skipTextComments();
  while (!tokens.is(close)) {
    fields.push(readField(tokens, depth));
    if (!tokens.is(",")) tokens.is(";");
    tokens.skipTextComments();
  }
  return { kind: "message", token, fields };
}

function readField(tokens: TokenReader, depth: number): AggregateField {
  const at = tokens.peek();
  const inBrackets = tokens.is("[");
  let name: string;
  if (inBrackets) {
    name = tokens.dotted("the name of an extension or a type").text;
    while (tokens.is("/") || tokens.is("-")) name += tokens.last.text + tokens.dotted("the name of a type").text;
    tokens.expect("]");
  } else name = tokens.word("a field's name").text;
  const hasColon = tokens.is(":");
  const next = tokens.peek();
  if (!hasColon && !["{", "<", "["].includes(next.text)) tokens.fail(next, `write : after ${name}`);
  return { at, name, inBrackets, value: readValue(tokens, name, depth) };
}

function readValue(tokens: TokenReader, name: string, depth: number): OptionValue {
  if (tokens.sees("{")) return readMessage(tokens, "}", depth + 1);
  if (tokens.sees("<")) return readMessage(tokens, ">", depth + 1);
  if (!tokens.sees("[")) return readScalar(tokens, `the value of ${name}`);
  const token = tokens.take();
  const values: OptionValue[] = [];
  if (tokens.is("]")) return { kind: "list", token, values };
  do values.push(readListed(tokens, name, depth)); while (tokens.is(","));
  tokens.expect("]");
  return { kind: "list", token, values };
}

/** Lists do not stand in lists. */
function readListed(tokens: TokenReader, name: string, depth: number): OptionValue {
  if (tokens.sees("[")) tokens.fail(tokens.peek(), "a list can't stand in a list; write a value here");
  return readValue(tokens, name, depth);
}
