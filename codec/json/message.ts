import type { protobuf } from "../../deps.ts";
import type { JsonValue } from "../../rpc/json.ts";
import { didYouMean } from "../../base/text/did_you_mean.ts";
import { charge, PAIR_BYTES } from "../binary/costs.ts";
import type { Plain } from "../binary/field.ts";
import { codecOf, MAX_DEPTH } from "../binary/message.ts";
import { Misfit, short, within, wrong } from "../misfit.ts";
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

/** Sets a property, whose name may be `__proto__`. */
function setOwn(json: { [name: string]: JsonValue }, name: string, value: JsonValue): void {
  if (name !== "__proto__") json[name] = value;
  else Object.defineProperty(json, name, { value, enumerable: true, configurable: true, writable: true });
}

/** A message as an object of its fields. */
class MessageJson implements JsonCodec {
  readonly #type: protobuf.Type;
  #sorted: JsonField[] | undefined;
  #named: Map<string, JsonField> | undefined;
  #plainNames: Set<string> | undefined;

  constructor(type: protobuf.Type) {
    this.#type = type;
  }

  /**
   * In the order of their numbers. Types may refer to each other in circles, so each is looked at when it is first
   * used.
   */
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

  /** The names of properties that are fields. A oneof may have the name of one of its fields. */
  get #plain(): Set<string> {
    return this.#plainNames ??= new Set(this.#fields.filter((field) => !field.oneof).map((field) => field.name));
  }

  write(message: unknown, context: JsonContext, depth: number): JsonValue {
    if (depth > MAX_DEPTH) throw new Misfit(`nested more than ${MAX_DEPTH} deep`);
    if (typeof message !== "object" || message === null || Array.isArray(message)) throw wrong("an object", message);
    const values = message as Plain;
    const chosen = this.#chosen(values);
    const json: { [name: string]: JsonValue } = {};
    for (const field of this.#fields) {
      let value: unknown;
      if (field.oneof === undefined) value = values[field.name];
      // Null is of no type, and says so where it is written.
      else if (chosen?.includes(field)) value = (values[field.oneof] as { value: unknown }).value ?? null;
      if (value === undefined && context.emitDefaults) value = field.initial?.();
      if (value === undefined || !context.emitDefaults && field.isInitial(value)) continue;
      try {
        setOwn(json, field.jsonName, field.write(value, context, depth + 1));
      } catch (thrown) {
        throw within(field.oneof === undefined ? `.${field.name}` : `.${field.oneof}.value`, thrown);
      }
    }
    return json;
  }

  /**
   * The fields that are set in oneofs, if any are.
   *
   * @throws {Misfit} If the message has a property that is no field.
   */
  #chosen(message: Plain): JsonField[] | undefined {
    let chosen: JsonField[] | undefined;
    for (const name of Object.keys(message)) {
      const value = message[name];
      if (value === undefined || this.#plain.has(name)) continue;
      (chosen ??= []).push(at(`.${name}`, () => this.#choice(name, value)));
    }
    return chosen;
  }

  /** Which field is set in a oneof. */
  #choice(oneof: string, choice: unknown): JsonField {
    const cases = this.#fields.filter((field) => field.oneof === oneof);
    if (cases.length === 0) {
      const names = this.#fields.map((field) => field.oneof ?? field.name);
      throw new Misfit(`there is no such field${didYouMean(oneof, names)}`);
    }
    if (typeof choice !== "object" || choice === null) throw wrong("{ case, value }", choice);
    const { case: which } = choice as { case: string };
    const field = cases.find(({ name }) => name === which);
    if (field === undefined) {
      const known = cases.map(({ name }) => JSON.stringify(name)).join(", ");
      throw within(".case", new Misfit(`there is no ${JSON.stringify(which)}; use one of ${known}`));
    }
    return field;
  }

  read(json: JsonValue, context: JsonContext, depth: number): Plain {
    if (depth > MAX_DEPTH) throw new Misfit(`nested more than ${MAX_DEPTH} deep`);
    if (!isObject(json)) throw wrong("an object", json);
    const codec = codecOf(this.#type);
    charge(context.costs, codec.emptyBytes);
    const message = codec.initial();
    /** The names that fields and oneofs came by. */
    const seen = new Map<JsonField | string, string>();
    let name = "";
    try {
      for (name of Object.keys(json)) {
        const field = this.#byName.get(name);
        if (field === undefined) {
          if (context.ignoreUnknownFields) continue;
          throw new Misfit(`there is no such field${didYouMean(name, this.#byName.keys())}`);
        }
        if (seen.has(field)) throw new Misfit(`the field is there already, as ${seen.get(field)}`);
        seen.set(field, name);
        const value = json[name]!;
        if (value !== null || field.takesNull) this.#set(message, field, name, value, seen, context, depth);
      }
    } catch (thrown) {
      throw within(`.${short(name)}`, thrown);
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
    else {
      charge(context.costs, PAIR_BYTES);
      message[oneof] = { case: field.name, value };
    }
  }
}
