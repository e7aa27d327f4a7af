import { isObject } from "../../../codec/json/value.ts";
import { safeName } from "../../../codec/typescript_names.ts";
import type { JsonValue } from "../../../rpc/json.ts";

/** A value as codec.py writes it. */
export type Written =
  | number
  | string
  | boolean
  | Written[]
  | { big: string }
  | { bytes: string }
  | { float: string }
  | { map: [Written, Written][] }
  | { message: Record<string, Written> }
  | { case: string; value: Written };

/** The value in TypeScript. */
export function valueOf(written: Written): unknown {
  if (typeof written !== "object") return written;
  if (Array.isArray(written)) return written.map(valueOf);
  if ("big" in written) return BigInt(written.big);
  if ("bytes" in written) return Uint8Array.fromHex(written.bytes);
  if ("float" in written) return Number(written.float);
  if ("map" in written) return new Map(written.map.map(([key, value]) => [valueOf(key), valueOf(value)]));
  if ("case" in written) return { case: safeName(written.case), value: valueOf(written.value) };
  return Object.fromEntries(Object.entries(written.message).map(([name, value]) => [safeName(name), valueOf(value)]));
}

/** JSON that keeps the sign of -0, as Python's does. */
export const textOf = (json: JsonValue) =>
  JSON.stringify(
    json,
    (_, value) =>
      Object.is(value, -0) ? (JSON as unknown as { rawJSON(text: string): unknown }).rawJSON("-0.0") : value,
  );

/**
 * Their JSON, but with our numbers where both are the same float: 2877537.25 is 2877537.3 in JavaScript, 2877537.2 in
 * Python.
 */
export function alike(ours: JsonValue, theirs: JsonValue): JsonValue {
  if (typeof ours === "number" && typeof theirs === "number") {
    return !Number.isInteger(ours) && Math.fround(ours) === Math.fround(theirs) ? ours : theirs;
  }
  if (Array.isArray(ours) && Array.isArray(theirs)) return theirs.map((one, i) => alike(ours[i] ?? null, one));
  if (!isObject(ours) || !isObject(theirs)) return theirs;
  return Object.fromEntries(Object.entries(theirs).map(([name, one]) => [name, alike(ours[name] ?? null, one)]));
}
