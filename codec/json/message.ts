import type { protobuf } from "../../deps.ts";
import type { JsonValue } from "../../rpc/json.ts";
import { didYouMean } from "../../base/did_you_mean.ts";
import type { Plain } from "../field.ts";
import { codecOf, MAX_DEPTH } from "../message.ts";
import { Misfit, within, wrong } from "../misfit.ts";
import { at, type JsonField, jsonField } from "./field.ts";
import { isObject, type JsonCodec, type JsonContext } from "./value.ts";
import { specialJson } from "./well_known.ts";

const codecs = new WeakMap<protobuf.Type, JsonCodec>();

/** The JSON of a message's type. */
export function messageJson(type: protobuf.Type): JsonCodec {
  let codec = codecs.get(type);
  if (codec === undefined) {
    const plain = new MessageJson(type);
    codecs.set(type, codec = specialJson(type.fullName.slice(1), plain) ?? plain);
  }
  return codec;
}

/** A message as an object of its fields. */
class MessageJson implements JsonCodec {
  readonly #type: protobuf.Type;
  #sorted: JsonField[] | undefined;
  #named: Map<string, JsonField> | undefined;

  constructor(type: protobuf.Type) {
    this.#type = type;
  }

  /** In the order of their numbers. Types may refer to each other in circles, so each is looked at when it is first used. */
  get #fields(): JsonField[] {
    return this.#sorted ??= this.#type.fieldsArray.toSorted((a, b) => a.id - b.id).map(jsonField);
  }

  /** By the names that are read. Where two fields claim a name, it is the one that is written so. */
  get #byName(): Map<string, JsonField> {
    return this.#named ??= new Map([
      ...this.#fields.map((field) => [field.protoName, field] as const),
      ...this.#fields.map((field) => [field.jsonName, field] as const),
    ]);
  }

  write(message: unknown, context: JsonContext, depth: number): JsonValue {
    if (depth > MAX_DEPTH) throw new Misfit(`nested more than ${MAX_DEPTH} deep`);
    if (typeof message !== "object" || message === null || Array.isArray(message)) throw wrong("an object", message);
    const values = this.#valuesOf(message as Plain);
    const json: [string, JsonValue][] = [];
    for (const field of this.#fields) {
      let value = values.get(field);
      if (value === undefined && context.emitDefaults) value = field.initial?.();
      if (value === undefined || !context.emitDefaults && field.isInitial(value)) continue;
      const way = field.oneof === undefined ? `.${field.name}` : `.${field.oneof}.value`;
      json.push([field.jsonName, at(way, () => field.write(value, context, depth + 1))]);
    }
    return Object.fromEntries(json);
  }

  /** What a message holds, by field. */
  #valuesOf(message: Plain): Map<JsonField, unknown> {
    const values = new Map<JsonField, unknown>();
    for (const name of Object.keys(message)) {
      const value = message[name];
      if (value === undefined) continue;
      const plain = this.#fields.find((field) => field.oneof === undefined && field.name === name);
      if (plain !== undefined) values.set(plain, value);
      else at(`.${name}`, () => values.set(...this.#chosen(name, value)));
    }
    return values;
  }

  /** Which field is set in a oneof, and to what. */
  #chosen(oneof: string, choice: unknown): [JsonField, unknown] {
    const cases = this.#fields.filter((field) => field.oneof === oneof);
    if (cases.length === 0) {
      const names = this.#fields.map((field) => field.oneof ?? field.name);
      throw new Misfit(`there is no such field${didYouMean(oneof, names)}`);
    }
    if (typeof choice !== "object" || choice === null) throw wrong("{ case, value }", choice);
    const { case: which, value } = choice as { case: string; value: unknown };
    const field = cases.find(({ name }) => name === which);
    if (field === undefined) {
      const known = cases.map(({ name }) => JSON.stringify(name)).join(", ");
      throw within(".case", new Misfit(`there is no ${JSON.stringify(which)}; use one of ${known}`));
    }
    // Null is of no type, and says so where it is written.
    return [field, value ?? null];
  }

  read(json: JsonValue, context: JsonContext, depth: number): Plain {
    if (depth > MAX_DEPTH) throw new Misfit(`nested more than ${MAX_DEPTH} deep`);
    if (!isObject(json)) throw wrong("an object", json);
    const message = codecOf(this.#type).initial();
    /** The names that fields and oneofs came by. */
    const seen = new Map<JsonField | string, string>();
    for (const [name, value] of Object.entries(json)) {
      at(`.${name}`, () => {
        const field = this.#byName.get(name);
        if (field === undefined) {
          if (context.ignoreUnknownFields) return;
          throw new Misfit(`there is no such field${didYouMean(name, [...this.#byName.keys()])}`);
        }
        if (seen.has(field)) throw new Misfit(`the field is there already, as ${seen.get(field)}`);
        seen.set(field, name);
        if (value !== null || field.takesNull) this.#set(message, field, name, value, seen, context, depth);
      });
    }
    return message;
  }

  #set(
    message: Plain,
    field: JsonField,
    name: string,
    json: JsonValue,
    seen: Map<JsonField | string, string>,
    context: JsonContext,
    depth: number,
  ): void {
    const { oneof } = field;
    if (oneof !== undefined) {
      if (seen.has(oneof)) throw new Misfit(`${seen.get(oneof)} is there already, and both are of the oneof ${oneof}`);
      seen.set(oneof, name);
    }
    const value = field.read(json, context, depth + 1);
    if (value === undefined) return;
    if (oneof === undefined) message[field.name] = value;
    else message[oneof] = { case: field.name, value };
  }
}
