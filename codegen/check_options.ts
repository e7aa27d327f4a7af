import { protobuf } from "../deps.ts";
import { didYouMean } from "../rpc/nearest.ts";
import type { Syntax } from "./check.ts";
import { optionsType } from "./known.ts";
import type { Declaration, Kind, Option } from "./outline.ts";
import { article, type ProtoProblem } from "./problem.ts";
import type { Source } from "./tokens.ts";

/** The messages of descriptor.proto that have the options of each kind. */
const TYPES: Partial<Record<Kind, string>> = {
  file: "FileOptions",
  message: "MessageOptions",
  group: "MessageOptions",
  enum: "EnumOptions",
  service: "ServiceOptions",
  oneof: "OneofOptions",
  field: "FieldOptions",
  value: "EnumValueOptions",
  rpc: "MethodOptions",
  extensions: "ExtensionRangeOptions",
};

/** What a field has in its brackets that is no option. */
const PSEUDO = ["default", "json_name"];
const SCALARS = /^(double|float|bool|s?fixed(32|64)|[su]?int(32|64))$/;

/** Finds options that do not exist, and values that they do not have. Custom ones, `(my.option)`, may be anything. */
export function* checkOptions(source: Source, one: Declaration, syntax: Syntax): Generator<ProtoProblem, void> {
  const seen = new Set<string>();
  for (const option of one.options) {
    if (!/^\w+$/.test(option.name)) continue;
    const { at, name, value } = option;
    const type = optionsType(TYPES[one.kind] ?? "ExtensionRangeOptions");
    const field = type.fieldsArray.find((field) => protoName(field) === name)?.resolve();
    if (seen.has(name) && !field?.repeated) yield source.problem(at.at, `the option ${name} is set twice; remove one`);
    seen.add(name);
    if (one.kind === "field" && PSEUDO.includes(name)) yield* checkPseudo(source, one, option, syntax);
    else if (field) yield* checkValue(source, option, field);
    else {
      const remedy = didYouMean(name, type.fieldsArray.map(protoName)) ||
        `; remove it, or put a custom option's name in parentheses: (${name})`;
      const what = article(one.kind === "rpc" ? "method" : one.kind);
      yield source.problem(at.at, `${what} has no option ${name}${remedy}`);
    }
    if (name === "packed" && value.text === "true" && (one.label?.text !== "repeated" || !canPack(one))) {
      yield source.problem(at.at, "only repeated numbers, bools and enums can be packed; remove the option");
    }
  }
}

/** A type that is no scalar may be an enum. */
const canPack = ({ type }: Declaration) => SCALARS.test(type!.text) || !/^(string|bytes)$/.test(type!.text);

function* checkValue(source: Source, { name, value }: Option, field: protobuf.Field): Generator<ProtoProblem, void> {
  const fail = (wants: string, hint = "") =>
    source.problem(value.at, `${name} can't be ${value.text}; write ${wants}${hint}`);
  if (field.resolvedType instanceof protobuf.Enum) {
    const values = Object.keys(field.resolvedType.values);
    // protobufjs's own descriptor.proto has such values in quotes.
    if (!values.includes(value.text.replace(/^"(.*)"$/, "$1"))) {
      yield fail(values.join(", ").replace(/, (?=[^,]*$)/, " or "), didYouMean(value.text, values));
    }
  }
  if (field.type === "bool" && !/^(true|false)$/.test(value.text)) yield fail("true or false");
  if (field.type === "string" && !/^["']/.test(value.text)) yield fail("a text in quotes");
}

const protoName = (field: protobuf.Field) => (field as unknown as { protoName?: string }).protoName ?? field.name;

function* checkPseudo(
  source: Source,
  field: Declaration,
  { at, name, value }: Option,
  syntax: Syntax,
): Generator<ProtoProblem, void> {
  if (name === "json_name") {
    if (!/^["']/.test(value.text)) {
      yield source.problem(value.at, `json_name can't be ${value.text}; write a text in quotes`);
    }
  } else if (syntax === "proto3") {
    yield source.problem(at.at, "proto3 has no defaults but zero; remove default, or make the field optional");
  } else if (field.label?.text === "repeated" || field.keyType) {
    yield source.problem(at.at, "a repeated field has no default; remove it");
  }
}
