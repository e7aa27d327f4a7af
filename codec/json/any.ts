import { protobuf } from "../../deps.ts";
import type { JsonValue } from "../../rpc/json.ts";
import { codecOf } from "../message.ts";
import { Misfit, within, wrong } from "../misfit.ts";
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
      const json = messageJson(type).write(decode(type, value, depth), context, depth + 1);
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
      return { typeUrl, value: writer.finish() };
    },
  };
}

function typeOf(typeUrl: unknown, context: JsonContext): protobuf.Type {
  if (typeof typeUrl !== "string" || !/^[^/].*\/[\w.]+$/.test(typeUrl)) {
    throw wrong(`the URL of a type, such as "type.googleapis.com/echo.Req"`, typeUrl);
  }
  const name = typeUrl.slice(typeUrl.lastIndexOf("/") + 1);
  const type = context.find(name);
  if (type === undefined) throw new Misfit(`the type ${name} is not known here; give it in the option types`);
  return type;
}

function decode(type: protobuf.Type, value: Uint8Array, depth: number): unknown {
  try {
    return codecOf(type).decode(new protobuf.Reader(value), depth + 1);
  } catch (cause) {
    throw within(".value", new Misfit(`the bytes are no ${type.fullName.slice(1)}: ${(cause as Error).message}`));
  }
}

function readValue(type: protobuf.Type, fields: { [name: string]: JsonValue }, context: JsonContext, depth: number) {
  const { value, ...others } = fields;
  const [unknown] = Object.keys(others);
  if (unknown !== undefined && !context.ignoreUnknownFields) {
    throw within(`.${unknown}`, new Misfit("there is no such field; beside @type there is only value"));
  }
  if (value === undefined) throw new Misfit(`a ${type.fullName.slice(1)} stands in an Any as value, which is missing`);
  return at(".value", () => messageJson(type).read(value, context, depth));
}
