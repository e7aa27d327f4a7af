import type { Declaration, Option } from "../parse/outline.ts";
import { everything, isField } from "../parse/outline.ts";
import { SCALARS } from "../resolve/references.ts";
import type { ProtoProblem } from "../problem.ts";
import type { References } from "../resolve/references.ts";
import { textOf } from "../parse/strings.ts";
import type { Source } from "../parse/tokens.ts";
import { integerOf, isTooLong } from "../parse/numbers.ts";
import type { EnumJson } from "../../codec/descriptor/json_types.ts";
import type { Syntax } from "../parse/syntax.ts";

/**
 * Finds options of fields that do not fit their types. Whether they exist, and what their own types are, is known by
 * then.
 */
export function* checkOptions(
  source: Source,
  file: Declaration,
  references: ReadonlyMap<Declaration, References>,
  syntax: Syntax,
): Generator<ProtoProblem, void> {
  for (const field of everything(file).filter(isField)) {
    if (field.options.length === 0) continue;
    const type = references.get(field)?.type;
    const kind = field.kind === "group" ? "message" : field.keyType ? "map" : type?.kind ?? field.type!.text;
    for (const option of field.options) {
      const wrong = fits(field, option, kind) ??
        (option.name === "default" ? wrongDefault(field, option, kind, type?.json as EnumJson, syntax) : undefined);
      if (wrong) yield source.problem((wrong.at ?? option.at).at, wrong.text);
    }
    for (const name of ["default", "json_name"]) {
      const [, second] = field.options.filter((one) => one.name === name);
      if (second) yield source.problem(second.at.at, `the option ${name} is set twice; remove one`);
    }
  }
}

type Wrong = { readonly text: string; readonly at?: { readonly at: number } };

/** What is wrong with an option for a field of some type; undefined if nothing is. */
function fits(field: Declaration, { name, value }: Option, kind: string): Wrong | undefined {
  const text = value.kind === "scalar" ? value.token.text : "";
  switch (name) {
    case "packed": {
      const canPack = field.label?.text === "repeated" && !/^(string|bytes|message|map)$/.test(kind);
      if (text !== "true" || canPack) return;
      return { text: "only repeated numbers, bools and enums can be packed; remove the option" };
    }
    case "lazy":
    case "unverified_lazy":
      if (text !== "true" || kind === "message") return;
      return { text: `only messages can be ${name}; remove the option` };
    case "jstype":
      if (text === "JS_NORMAL" || kind.endsWith("64")) return;
      return { text: "jstype is for integers of 64 bits; remove the option" };
    case "json_name":
      return wrongJsonName(field, value);
  }
}

function wrongJsonName(field: Declaration, value: Option["value"]): Wrong | undefined {
  if (value.kind !== "scalar" || value.token.kind !== "string") {
    return { text: `json_name can't be ${value.token.text}; write a text in quotes`, at: value.token };
  }
  const name = textOf(value.token);
  if (field.parent!.kind === "extend") return { text: "an extension has no json_name; remove it" };
  if (name.includes("\0")) return { text: "json_name can't hold the character 0; take another", at: value.token };
  if (/^\[.*\]$/s.test(name)) {
    return { text: `json_name can't be in brackets, as extensions are in JSON; take another`, at: value.token };
  }
}

function wrongDefault(
  { label }: Declaration,
  { value }: Option,
  kind: string,
  type: EnumJson | undefined,
  syntax: Syntax,
): Wrong | undefined {
  if (syntax === "proto3") {
    return { text: "proto3 has no defaults but zero; remove default, or make the field optional" };
  }
  if (label?.text === "repeated" || kind === "map") return { text: "a repeated field has no default; remove it" };
  const { token } = value;
  const minus = value.kind === "scalar" && value.minus;
  const wants = (what: string) => ({
    text: `default can't be ${minus ? "-" : ""}${token.text}; write ${what}`,
    at: token,
  });
  if (kind === "message" || value.kind !== "scalar") return { text: "a message has no default; remove it" };
  if (kind === "enum") {
    return type?.value?.some(({ name }) => name === token.text) ? undefined : wants("one of the enum's values");
  }
  if (kind === "string" || kind === "bytes") return token.kind === "string" ? undefined : wants("a text in quotes");
  if (kind === "bool") return /^(true|false)$/.test(token.text) ? undefined : wants("true or false");
  if (kind === "float" || kind === "double") {
    const isNumber = token.kind === "word" ? /^(inf|nan)$/.test(token.text) : token.kind !== "string";
    return isNumber && !(token.kind === "integer" && isTooLong(token.text)) ? undefined : wants("a number");
  }
  if (!SCALARS.includes(kind)) return;
  const bits = BigInt(/\d+/.exec(kind)![0]);
  const [least, most] = /^(u|fixed)/.test(kind)
    ? [0n, 2n ** bits - 1n]
    : [-(2n ** (bits - 1n)), 2n ** (bits - 1n) - 1n];
  const number = token.kind === "integer" ? integerOf(token.text) * (minus ? -1n : 1n) : undefined;
  // protoc does not take -0 where there are no negative numbers.
  if (number === undefined || number < least || number > most || minus && least === 0n) {
    return wants(`an integer from ${least} to ${most}`);
  }
}
