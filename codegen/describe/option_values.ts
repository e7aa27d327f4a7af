import { didYouMean } from "../../base/text/did_you_mean.ts";
import type { EnumJson, FieldJson, MessageJson } from "../../codec/descriptor/json_types.ts";
import { fieldsByName, fieldsInBraces, requiredOf, valueNames, valuesByName } from "./descriptor_index.ts";
import { integerOf, isTooLong } from "../parse/numbers.ts";
import type { AggregateField, OptionValue } from "../parse/outline.ts";
import { MOST_PROBLEMS, type ProtoProblem } from "../problem.ts";
import type { Scope } from "../resolve/scope.ts";
import { bytesOf, type Setting, type Value } from "./settings.ts";
import { textOf } from "../parse/strings.ts";
import type { Symbol } from "../resolve/symbols.ts";
import type { Source, Token } from "../parse/tokens.ts";

type Scalar = OptionValue & { kind: "scalar" };

/** The least and the most that integer types hold. */
const RANGES: Record<string, readonly [least: bigint, most: bigint]> = {};
for (const type of ["INT", "SINT", "SFIXED"]) {
  for (const bits of [32n, 64n]) RANGES[`TYPE_${type}${bits}`] = [-(2n ** (bits - 1n)), 2n ** (bits - 1n) - 1n];
}
for (const type of ["UINT", "FIXED"]) {
  for (const bits of [32n, 64n]) RANGES[`TYPE_${type}${bits}`] = [0n, 2n ** bits - 1n];
}

/** The URLs of types that protoc knows in options. */
const ANY_URL = /^type\.google(?:apis|prod)\.com\/([\w.]+)$/;

/** Reads the values of options by the types of their fields. */
export class OptionValues {
  readonly #source: Source;
  readonly #scope: Scope;
  readonly #problems: ProtoProblem[];
  readonly #used: Set<string>;

  /**
   * @param problems Gets what is wrong.
   * @param used Gets the files whose extensions are used.
   */
  constructor(source: Source, scope: Scope, problems: ProtoProblem[], used: Set<string>) {
    this.#source = source;
    this.#scope = scope;
    this.#problems = problems;
    this.#used = used;
  }

  /** A type by its full name with a dot in front; also one that the file does not import itself. */
  type(typeName: string): Symbol | undefined {
    return this.#scope.reach(typeName.slice(1));
  }

  /**
   * Reads a value that is one, and no list.
   *
   * @param from The full name of what has the option: names of extensions are looked for from there.
   * @param name What to call it, for people.
   */
  read(value: OptionValue, field: FieldJson, from: string, name: string, inBraces = false): Value | undefined {
    if (value.kind === "message") {
      if (!/^TYPE_(MESSAGE|GROUP)$/.test(field.type)) {
        return this.#fail(value.token, `${name} is no message; write a value without braces`);
      }
      const settings = this.#message(value.fields, this.type(field.typeName!)!, from, value.token);
      return settings && { kind: "message", settings };
    }
    if (value.kind === "list") return this.#fail(value.token, `${name} takes one value; write it without brackets`);
    switch (field.type) {
      case "TYPE_MESSAGE":
      case "TYPE_GROUP":
        return this.#fail(value.token, `${name} is a message; write its fields in braces: { name: value }`);
      case "TYPE_BOOL":
        return this.#bool(value, name, inBraces);
      case "TYPE_ENUM":
        return this.#enum(value, this.type(field.typeName!)!.json as EnumJson, name, inBraces);
      case "TYPE_STRING":
      case "TYPE_BYTES":
        if (value.token.kind !== "string") return this.#refuse(value, name, "a text in quotes");
        return scalar(field.type === "TYPE_STRING" ? textOf(value.token) : value.token.bytes!);
      case "TYPE_FLOAT":
      case "TYPE_DOUBLE":
        return this.#float(value, name, inBraces);
      default:
        return this.#integer(value, name, field.type);
    }
  }

  #message(fields: readonly AggregateField[], type: Symbol, from: string, at: Token): Setting[] | undefined {
    const message = type.json as MessageJson;
    const own = fieldsInBraces(message);
    const settings: Setting[] = [];
    const set = new Set<FieldJson | number>();
    for (const one of fields) {
      if (one.inBrackets && one.name.includes("/")) {
        const any = this.#any(one, type, from);
        if (any === undefined) return;
        if (any.some(({ field }) => set.has(field))) return this.#fail(one.at, "the Any is set already; remove one");
        for (const { field } of any) set.add(field);
        settings.push(...any);
        continue;
      }
      // Options that are set may outlive their fields.
      if (!one.inBrackets && message.reservedName?.includes(one.name)) continue;
      const field = one.inBrackets ? this.#extension(one, type, from) : own.get(one.name);
      if (field === undefined) {
        const hint = one.inBrackets ? "; import the file that declares it" : this.#hint(one.name, own.keys());
        return this.#fail(
          one.at,
          `${type.fullName} has no ${one.inBrackets ? "extension" : "field"} ${one.name}${hint}`,
        );
      }
      const isRepeated = field.label === "LABEL_REPEATED";
      const oneof = field.proto3Optional ? undefined : field.oneofIndex;
      if (!isRepeated && (set.has(field) || oneof !== undefined && set.has(oneof))) {
        return this.#fail(one.at, `${one.name} is set already, or another field of its oneof; remove one`);
      }
      set.add(field);
      if (oneof !== undefined) set.add(oneof);
      const values = one.value.kind === "list" && isRepeated ? one.value.values : [one.value];
      for (const value of values) {
        const read = this.read(value, field, from, one.name, true);
        if (read === undefined) return;
        if (field.options?.retention !== "RETENTION_SOURCE") settings.push({ field, value: read });
      }
    }
    const missing = requiredOf(message).find((field) => !set.has(field));
    return missing ? this.#fail(at, `the field ${missing.name} is required and missing; write it here`) : settings;
  }

  #extension({ name }: AggregateField, type: Symbol, from: string): FieldJson | undefined {
    const { symbol } = this.#scope.find(name, `${from}.x`, false);
    const field = symbol?.kind === "extension" ? symbol.json as FieldJson : undefined;
    if (field?.extendee !== `.${type.fullName}`) return undefined;
    this.#used.add(symbol!.file);
    return field;
  }

  /** An Any by the URL of what it holds. */
  #any({ at, name, value }: AggregateField, type: Symbol, from: string): Setting[] | undefined {
    const [, held] = ANY_URL.exec(name) ?? [];
    const found = held === undefined ? undefined : this.type(`.${held}`);
    if (type.fullName !== "google.protobuf.Any" || found?.kind !== "message" || value.kind !== "message") {
      return this.#fail(at, `${name} is no message that is known here; import its file, and write it within an Any`);
    }
    const settings = this.#message(value.fields, found, from, value.token);
    if (settings === undefined) return;
    const own = fieldsByName(type.json as MessageJson);
    return [
      { field: own.get("type_url")!, value: scalar(name) },
      { field: own.get("value")!, value: scalar(bytesOf(settings)) },
    ];
  }

  #bool(value: Scalar, name: string, inBraces: boolean): Value | undefined {
    const { text, kind } = value.token;
    const word = kind === "word" && !value.minus ? text : "";
    const number = inBraces && kind === "integer" && !value.minus ? integerOf(text) : undefined;
    if (word === "true" || inBraces && /^(t|True)$/.test(word) || number === 1n) return scalar(true);
    if (word === "false" || inBraces && /^(f|False)$/.test(word) || number === 0n) return scalar(false);
    return this.#refuse(value, name, "true or false");
  }

  #enum(value: Scalar, type: EnumJson, name: string, inBraces: boolean): Value | undefined {
    const { token, minus } = value;
    const values = type.value ?? [];
    if (inBraces && token.kind === "integer") {
      const number = Number(integerOf(token.text)) * (minus ? -1 : 1);
      const known = values.find((one) => (one.number ?? 0) === number);
      if (known) return { kind: "enum", name: known.name, number };
    }
    const found = token.kind === "word" && !minus && valuesByName(type).get(token.text);
    if (found) return { kind: "enum", name: found.name, number: found.number ?? 0 };
    return this.#refuse(value, name, valueNames(type), this.#hint(token.text, valuesByName(type).keys()));
  }

  #integer(value: Scalar, name: string, type: string): Value | undefined {
    const [least, most] = RANGES[type]!;
    const number = value.token.kind === "integer" ? integerOf(value.token.text) * (value.minus ? -1n : 1n) : undefined;
    // protoc does not take -0 where there are no negative numbers.
    const hasSign = !value.minus || least < 0n;
    if (number !== undefined && number >= least && number <= most && hasSign) return scalar(number);
    return this.#refuse(value, name, `an integer from ${least} to ${most}`);
  }

  #float(value: Scalar, name: string, inBraces: boolean): Value | undefined {
    const { token: { kind, text }, minus } = value;
    const sign = minus ? -1 : 1;
    if (kind === "integer") {
      if (inBraces && /^0./.test(text)) return this.#refuse(value, name, "a decimal number");
      return isTooLong(text) ? this.#refuse(value, name, "a number") : scalar(Number(integerOf(text)) * sign);
    }
    if (kind === "float") return scalar(Number(text) * sign);
    // Words are those of protobuf's text format in braces, and those of .proto files elsewhere.
    const word = inBraces ? text.toLowerCase().replace("infinity", "inf") : text;
    if (kind === "word" && word === "inf") return scalar(Infinity * sign);
    if (kind === "word" && word === "nan") return scalar(NaN);
    return this.#refuse(value, name, "a number");
  }

  /** What may be meant. Of very many mistakes not all are shown. */
  #hint(word: string, names: Iterable<string>): string {
    return this.#problems.length < MOST_PROBLEMS ? didYouMean(word, names) : "";
  }

  #refuse({ token, minus }: Scalar, name: string, wants: string, hint = ""): undefined {
    return this.#fail(token, `${name} can't be ${minus ? "-" : ""}${token.text}; write ${wants}${hint}`);
  }

  #fail({ at }: Token, text: string): undefined {
    this.#problems.push(this.#source.problem(at, text));
  }
}

const scalar = (value: bigint | number | boolean | string | Uint8Array): Value => ({ kind: "scalar", value });
