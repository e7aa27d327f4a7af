import { chargeBytes } from "../binary/costs.ts";
import { Misfit, wrong } from "../misfit.ts";
import { bigJson, floatJson, smallJson } from "./number.ts";
import type { JsonCodec, JsonContext } from "./value.ts";

function text(value: unknown): string {
  if (typeof value !== "string") throw wrong("a string", value);
  if (!value.isWellFormed()) throw new Misfit("the text has a lone surrogate, so it is not Unicode");
  return value;
}

function truth(value: unknown): boolean {
  if (typeof value !== "boolean") throw wrong("a boolean", value);
  return value;
}

const bytes: JsonCodec = {
  write(value) {
    if (!(value instanceof Uint8Array)) throw wrong("a Uint8Array", value);
    return value.toBase64();
  },
  read(json, { costs }) {
    const expected = "bytes in base64";
    // The built-in decoder would pass over white space.
    if (typeof json !== "string" || !/^[\w+/-]*={0,2}$/.test(json)) throw wrong(expected, json);
    chargeBytes(costs, json.length * 3 / 4);
    try {
      return Uint8Array.fromBase64(json.replaceAll("-", "+").replaceAll("_", "/"));
    } catch {
      throw wrong(expected, json);
    }
  },
};

const SCALARS: Record<string, JsonCodec> = {
  string: { write: text, read: text },
  bool: { write: truth, read: truth },
  bytes,
  float: floatJson("float"),
  double: floatJson("double"),
};
for (const type of ["int32", "sint32", "uint32", "fixed32", "sfixed32"]) SCALARS[type] = smallJson(type);
for (const type of ["int64", "sint64", "uint64", "fixed64", "sfixed64"]) SCALARS[type] = bigJson(type);

/** The JSON of a scalar type of .proto files, such as `"uint64"`. */
export const scalarJson = (type: string): JsonCodec => SCALARS[type]!;

/** The keys of a map of that type: always text in JSON. */
export function keyJson(type: string): {
  write(key: unknown, context: JsonContext): string;
  read(name: string, context: JsonContext): unknown;
} {
  const scalar = scalarJson(type);
  return {
    write: (key, context) => String(scalar.write(key, context, 0)),
    read(name, context) {
      if (type !== "bool") return scalar.read(name, context, 0);
      if (name !== "true" && name !== "false") throw wrong(`"true" or "false"`, name);
      return name === "true";
    },
  };
}
