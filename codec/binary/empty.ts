import { MAP_BYTES } from "./costs.ts";
import type { Plain, Property } from "./field.ts";
import { NO_BYTES } from "./scalar.ts";

/** Makes messages of a type that hold nothing but defaults. */
export interface Empty {
  make(): Plain;
  /** The memory of one, in bytes. */
  readonly bytes: number;
}

/** An object without properties, and the least that V8 makes room for. */
const [OBJECT_BYTES, LEAST_BYTES] = [24, 56];
/** The place of a property. */
const PLACE_BYTES = 8;
/** V8 makes a hash table of an object literal with more properties. */
const MOST_PLACES = 128;
const TABLE_PLACE_BYTES = 50;
/** An array without elements. */
const LIST_BYTES = 32;

/**
 * What makes the empty messages of a type: code of its own with an object literal, which V8 copies at once. To spread
 * an object of 130 properties takes it a hundred times as long.
 */
export function emptyOf(properties: readonly Property[]): Empty {
  const defaults = properties.flatMap(({ name, initial }) => initial ? [[name, initial()] as const] : []);
  const literal = defaults.map(([name, value]) => `${keyOf(name)}: ${sourceOf(value)}`).join(", ");
  const place = defaults.length > MOST_PLACES ? TABLE_PLACE_BYTES : PLACE_BYTES;
  const bytes = defaults.reduce((sum, [, value]) => sum + place + bytesOf(value), OBJECT_BYTES);
  return {
    make: new Function("NO_BYTES", `return () => ({ ${literal} })`)(NO_BYTES),
    bytes: Math.max(bytes, LEAST_BYTES),
  };
}

/** Without brackets, a key of that name would be the prototype. */
const keyOf = (name: string) => name === "__proto__" ? `["__proto__"]` : JSON.stringify(name);

function sourceOf(value: unknown): string {
  if (Array.isArray(value)) return "[]";
  if (value instanceof Map) return "new Map()";
  if (typeof value === "bigint") return "0n";
  return value === NO_BYTES ? "NO_BYTES" : JSON.stringify(value);
}

function bytesOf(value: unknown): number {
  if (Array.isArray(value)) return LIST_BYTES;
  return value instanceof Map ? MAP_BYTES : 0;
}
