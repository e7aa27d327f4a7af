import type { JsonValue } from "../../rpc/json.ts";
import { BIGINT_BYTES, charge, chargeElements, chargeText, PAIR_BYTES } from "../binary/costs.ts";
import { Misfit, wrong } from "../misfit.ts";
import { anyJson } from "./any.ts";
import { durationText, parseDuration, parseTimestamp, type Time, timestampText } from "./time.ts";
import type { JsonCodec, JsonContext } from "./value.ts";

type Fields = { [name: string]: JsonValue };

/** The JSON of the types that have one of their own. `plain` is what they would have as any other message. */
export function specialJson(typeName: string, plain: JsonCodec): JsonCodec | undefined {
  return isSpecial(typeName) ? SPECIAL[typeName]!(plain) : undefined;
}

const SPECIAL: Record<string, (plain: JsonCodec) => JsonCodec> = {
  "google.protobuf.Any": anyJson,
  "google.protobuf.Timestamp": (plain) => timeJson(plain, timestampText, parseTimestamp),
  "google.protobuf.Duration": (plain) => timeJson(plain, durationText, parseDuration),
  "google.protobuf.FieldMask": fieldMaskJson,
  "google.protobuf.Struct": (plain) => fieldJson(plain, "fields"),
  "google.protobuf.ListValue": (plain) => fieldJson(plain, "values"),
  "google.protobuf.Value": valueJson,
};
for (const type of ["Double", "Float", "Int64", "UInt64", "Int32", "UInt32", "Bool", "String", "Bytes"]) {
  SPECIAL[`google.protobuf.${type}Value`] = (plain) => fieldJson(plain, "value");
}

/** Writes every field, so that what is special needs no defaults. */
const writeAll = (plain: JsonCodec, message: unknown, context: JsonContext, depth: number) =>
  plain.write(message, context.emitDefaults ? context : { ...context, emitDefaults: true }, depth) as Fields;

/** Reads a field that JSON does not name: its name is taken out of the way to what is wrong. */
function readField(plain: JsonCodec, name: string, json: JsonValue, context: JsonContext, depth: number): unknown {
  try {
    return plain.read({ [name]: json }, context, depth);
  } catch (thrown) {
    if (thrown instanceof Misfit) thrown.path = thrown.path.slice(name.length + 1);
    throw thrown;
  }
}

/** A message that is written as its only field. */
function fieldJson(plain: JsonCodec, name: string): JsonCodec {
  return {
    write: (message, context, depth) => writeAll(plain, message, context, depth)[name]!,
    read(json, context, depth) {
      if (json === null) throw wrong("a value", json);
      return readField(plain, name, json, context, depth);
    },
  };
}

function timeJson(plain: JsonCodec, write: (time: Time) => string, read: (json: unknown) => Time): JsonCodec {
  return {
    write(message, context, depth) {
      const { seconds, nanos } = writeAll(plain, message, context, depth);
      return write({ seconds: BigInt(seconds as string), nanos: nanos as number });
    },
    read(json, { costs }) {
      charge(costs, PAIR_BYTES + BIGINT_BYTES);
      return read(json);
    },
  };
}

function fieldMaskJson(plain: JsonCodec): JsonCodec {
  return {
    write(message, context, depth) {
      const { paths } = writeAll(plain, message, context, depth);
      return (paths as string[]).map((path) => {
        const camel = path.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
        if (snake(camel) !== path || /[_,]/.test(camel)) {
          throw new Misfit(`the path ${JSON.stringify(path)} has no JSON form: it must be in lower_snake_case`);
        }
        return camel;
      }).join(",");
    },
    read(json, { costs }) {
      if (typeof json !== "string" || /[^\w.,]|_/.test(json)) {
        throw wrong(`names in lowerCamelCase, such as "user.displayName,photo"`, json);
      }
      const paths: string[] = [];
      charge(costs, 2 * PAIR_BYTES);
      for (const path of json === "" ? [] : json.split(",")) {
        chargeText(costs, path, 2 * path.length);
        paths.push(snake(path));
      }
      chargeElements(costs, paths.length, 0);
      return { paths };
    },
  };
}

const snake = (path: string) => path.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

function valueJson(plain: JsonCodec): JsonCodec {
  return {
    takesNull: true,
    write(message, context, depth) {
      const [[kind, json] = []] = Object.entries(plain.write(message, context, depth) as Fields);
      if (kind === undefined) throw new Misfit("a google.protobuf.Value needs one of its kinds");
      if (kind === "numberValue" && typeof json === "string") throw wrong("a number that JSON has", json);
      return json!;
    },
    read: (json, context, depth) => readField(plain, kindOf(json), json, context, depth),
  };
}

function kindOf(json: JsonValue): string {
  if (json === null) return "nullValue";
  if (Array.isArray(json)) return "listValue";
  if (typeof json === "object") return "structValue";
  return `${typeof json === "boolean" ? "bool" : typeof json}Value`;
}

/** Whether a type has a JSON of its own, which an Any holds as `value`. */
export const isSpecial = (typeName: string): boolean => Object.hasOwn(SPECIAL, typeName);
