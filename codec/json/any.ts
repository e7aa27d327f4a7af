import { protobuf } from "../../deps.ts";
import { charge, chargeBytes, PAIR_BYTES } from "../binary/costs.ts";
import type { JsonValue } from "../../rpc/json.ts";
import { codecOf } from "../binary/message.ts";
import { Excess, Misfit, short, UnknownType, within, wrong } from "../misfit.ts";
import { sourceOf } from "../binary/source.ts";
import { at } from "./field.ts";
import { messageJson } from "./message.ts";
import { isObject, type JsonCodec, type JsonContext } from "./value.ts";
import { isSpecial } from "./well_known.ts";

/** The JSON of an Any: what it holds, with its type as `@type`. */
export function anyJson(plain: JsonCodec): JsonCodec {
  return {
    write(message, context, depth) {
      plain.write(message, context, depth); // which checks it
      const { typeUrl = "", value = new Uint8Array() } = message as { typeUrl?: string; value?: Uint8Array };
      if (typeUrl === "" && value.length === 0) return {};
      const type = at(".typeUrl", () => typeOf(typeUrl, context));
      const json = messageJson(type).write(decode(type, value, context, depth), context, depth + 1);
      const fields = isSpecial(type.fullName.slice(1)) ? { value: json } : json as { [name: string]: JsonValue };
      return { "@type": typeUrl, ...fields };
    },
    read(json, context, depth) {
      if (!isObject(json)) throw wrong("an object", json);
      const { "@type": typeUrl, ...fields } = json;
      if (Object.keys(json).length === 0) return { typeUrl: "", value: new Uint8Array() };
      const type = at(`["@type"]`, () => typeOf(typeUrl, context));
      const message = isSpecial(type.fullName.slice(1))
        ? readValue(type, fields, context, depth + 1)
        : messageJson(type).read(fields, context, depth + 1);
      const writer = new protobuf.Writer();
      codecOf(type).encode(writer, message, depth + 1);
      const value = writer.finish();
      charge(context.costs, PAIR_BYTES);
      chargeBytes(context.costs, value.length);
      return { typeUrl, value };
    },
  };
}

function typeOf(typeUrl: unknown, context: JsonContext): protobuf.Type {
  if (typeof typeUrl !== "string" || !/^[^/].*\/[\w.]+$/.test(typeUrl)) {
    throw wrong(`the URL of a type, such as "type.googleapis.com/echo.Req"`, typeUrl);
  }
  const name = typeUrl.slice(typeUrl.lastIndexOf("/") + 1);
  const type = context.find(name);
  if (type === undefined) throw new UnknownType(`the type ${short(name)} is not known here`);
  return type;
}

function decode(type: protobuf.Type, value: Uint8Array, { costs }: JsonContext, depth: number): unknown {
  const source = sourceOf(value, costs.limit);
  source.spent = costs.spent;
  try {
    const message = codecOf(type).decode(source, depth + 1);
    costs.spent = source.spent;
    return message;
  } catch (cause) {
    if (cause instanceof Excess) throw cause;
    throw within(".value", new Misfit(`the bytes are no ${type.fullName.slice(1)}: ${(cause as Error).message}`));
  }
}

function readValue(type: protobuf.Type, fields: { [name: string]: JsonValue }, context: JsonContext, depth: number) {
  const { value, ...others } = fields;
  const [unknown] = Object.keys(others);
  if (unknown !== undefined && !context.ignoreUnknownFields) {
    throw within(`.${short(unknown)}`, new Misfit("there is no such field; beside @type there is only value"));
  }
  if (value === undefined) throw new Misfit(`a ${type.fullName.slice(1)} stands in an Any as value, which is missing`);
  return at(".value", () => messageJson(type).read(value, context, depth));
}
