import type { JsonValue } from "../../rpc/json.ts";
import { BIGINT_BYTES, charge } from "../binary/costs.ts";
import { wrong } from "../misfit.ts";
import { bigRange, smallRange } from "../binary/scalar.ts";
import type { JsonCodec } from "./value.ts";

/** A number by JSON's grammar: its sign, the digits before and after the point, the exponent. */
const NUMBER = /^(-?)(0|[1-9]\d*)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/;

/** No number needs more, and what looks for zeros in a longer text may take long. */
const MOST_CHARACTERS = 400;

/**
 * The integer that a text stands for, also as `"1e3"` or `"5.0"`; undefined if it is none, or has more than 20 digits.
 */
function integerOf(text: string): bigint | undefined {
  if (text.length > MOST_CHARACTERS) return undefined;
  const [, sign, whole, fraction = "", exponent = "0"] = NUMBER.exec(text) ?? [];
  if (whole === undefined) return undefined;
  const digits = (whole + fraction).replace(/^0+/, "");
  if (digits === "") return 0n;
  // deno-lint-ignore dinokit-regexps/linear -- a text of at most 400 characters
  const significant = digits.replace(/0+$/, "");
  const zeros = Number(exponent) - fraction.length + digits.length - significant.length;
  if (zeros < 0 || significant.length + zeros > 20) return undefined;
  return BigInt(sign + significant + "0".repeat(zeros));
}

/** The integer that is meant; undefined if none is. */
function readInteger(json: JsonValue): bigint | undefined {
  if (typeof json === "number") return Number.isInteger(json) ? BigInt(json) : undefined;
  return typeof json === "string" ? integerOf(json) : undefined;
}

/** The JSON of a 32-bit type: a number. */
export function smallJson(type: string): JsonCodec {
  const [least, most] = smallRange(type);
  const expected = `an integer from ${least} to ${most}`;
  return {
    write(value) {
      if (typeof value !== "number") throw wrong("a number", value);
      if (!Number.isInteger(value) || value < least || value > most) throw wrong(expected, value);
      return value;
    },
    read(json) {
      const value = readInteger(json);
      if (value === undefined || value < least || value > most) throw wrong(expected, json);
      return Number(value);
    },
  };
}

/** The JSON of a 64-bit type: a string, for a JSON number would be rounded by many. */
export function bigJson(type: string): JsonCodec {
  const [least, most] = bigRange(type);
  return {
    write(value) {
      if (typeof value !== "bigint") throw wrong("a bigint", value);
      if (value < least || value > most) throw wrong(`a bigint from ${least} to ${most}`, value);
      return String(value);
    },
    read(json, { costs }) {
      const value = readInteger(json);
      if (value === undefined || value < least || value > most) {
        throw wrong(`an integer from ${least} to ${most}, as a string or number`, json);
      }
      charge(costs, BIGINT_BYTES);
      return value;
    },
  };
}

const NO_NUMBERS = ["NaN", "Infinity", "-Infinity"];

/** The JSON of floating point numbers: a number, or a string where JSON has none. */
export function floatJson(type: "float" | "double"): JsonCodec {
  const rounded = type === "float" ? Math.fround : (value: number) => value;
  return {
    write(value) {
      if (typeof value !== "number") throw wrong("a number", value);
      const held = rounded(value);
      if (!Number.isFinite(held)) return String(held);
      return type === "float" ? shortest(held) : held;
    },
    read(json) {
      if (typeof json === "string" && NO_NUMBERS.includes(json)) return Number(json);
      const value = typeof json === "string" && NUMBER.test(json) ? Number(json) : json;
      if (typeof value !== "number") throw wrong(`a number, "NaN", "Infinity" or "-Infinity"`, json);
      const held = rounded(value);
      // JSON.parse makes Infinity of 1e999.
      if (!Number.isFinite(held)) throw wrong(`a number within the range of a ${type}`, String(json));
      return held;
    },
  };
}

/** The number with the fewest digits that is the same as a float: 0.1, not 0.10000000149011612. */
function shortest(held: number): number {
  if (held === 0) return held; // or -0 would lose its sign
  for (let digits = 6; digits < 9; digits++) {
    const value = Number(held.toPrecision(digits));
    if (Math.fround(value) === held) return value;
  }
  return Number(held.toPrecision(9));
}
