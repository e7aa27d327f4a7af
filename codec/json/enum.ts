import type { protobuf } from "../../deps.ts";
import { didYouMean } from "../../base/text/did_you_mean.ts";
import { Misfit, short } from "../misfit.ts";
import { smallJson } from "./number.ts";
import type { JsonCodec } from "./value.ts";

const number = smallJson("int32");

/** The JSON of an enum: its names, and numbers where there is no name. */
export function enumJson(type: protobuf.Enum): JsonCodec {
  if (type.fullName === ".google.protobuf.NullValue") return NULL;
  const numbers = new Map(Object.entries(type.values));
  // Of several names for a number, the first.
  const names = new Map(Object.entries(type.values).reverse().map(([name, value]) => [value, name]));
  return {
    write(value, context, depth) {
      const known = number.write(value, context, depth) as number;
      return names.get(known) ?? known;
    },
    read(json, context, depth) {
      if (typeof json !== "string") return number.read(json, context, depth);
      const value = numbers.get(json);
      if (value !== undefined || context.ignoreUnknownFields) return value;
      const hint = didYouMean(json, [...numbers.keys()]) ||
        `; use one of ${[...numbers.keys()].slice(0, 20).join(", ")}`;
      throw new Misfit(`${type.fullName.slice(1)} has no ${short(JSON.stringify(json))}${hint}`);
    },
  };
}

const NULL: JsonCodec = {
  takesNull: true,
  write(value, context, depth) {
    number.write(value, context, depth);
    return null;
  },
  read(json, context, depth) {
    return json === null || json === "NULL_VALUE" ? 0 : number.read(json, context, depth);
  },
};
