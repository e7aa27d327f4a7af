/**
 * Between protobufjs's messages and ours: plain objects with every default, 64-bit integers as bigint, oneofs as one
 * discriminated property, maps as Map. Each type is looked at once.
 *
 * @module
 */

import { protobuf } from "../deps.ts";
import { didYouMean } from "../rpc/nearest.ts";
import { encodeScalar, isBig, scalarDefault, toBigInt } from "./scalar.ts";

type Plain = Record<PropertyKey, unknown>;

/** Both ways for one message type. */
export interface Converter {
  /** Checks a value and makes what protobufjs encodes. `path` names it in errors. */
  toWire(value: unknown, path: string, depth?: number): Plain;
  /** Makes a plain object of what protobufjs decoded. */
  fromWire(message: Plain): Plain;
}

/** The raw unknown fields of a decoded message, kept for when it is encoded again. */
const UNKNOWN = Symbol("unknown fields");
/** The nesting that protobufjs decodes at the most. */
const MAX_DEPTH = 100;

const converters = new WeakMap<protobuf.Type, Converter>();

/** The converter of a type. */
export function converterOf(type: protobuf.Type): Converter {
  let converter = converters.get(type);
  if (converter === undefined) converters.set(type, converter = makeConverter(type));
  return converter;
}

/** One property of the plain object: a field, or a oneof. */
interface Property {
  readonly name: string;
  write(value: unknown, wire: Plain, path: string, depth: number): void;
  read(message: Plain, plain: Plain): void;
}

function makeConverter(type: protobuf.Type): Converter {
  const properties = type.fieldsArray.map((field) => field.resolve())
    .filter((field) => !realOneof(field)).map(fieldProperty);
  for (const oneof of type.oneofsArray) if (!oneof.isProto3Optional) properties.push(oneofProperty(oneof));
  const byName = new Map(properties.map((property) => [property.name, property]));
  return {
    toWire(value, path, depth = 0) {
      if (depth > MAX_DEPTH) throw new TypeError(`${path}: nested more than ${MAX_DEPTH} deep`);
      if (typeof value !== "object" || value === null || Array.isArray(value)) throw wrong(path, "an object", value);
      const wire: Plain = {};
      for (const name of Object.keys(value)) {
        const property = byName.get(name);
        if (property === undefined) {
          throw new TypeError(`${path}.${name}: there is no such field${didYouMean(name, byName.keys())}`);
        }
        const given = (value as Plain)[name];
        if (given !== undefined) property.write(given, wire, `${path}.${name}`, depth);
      }
      const unknown = (value as Plain)[UNKNOWN];
      if (unknown !== undefined) wire.$unknowns = unknown;
      return wire;
    },
    fromWire(message) {
      const plain: Plain = {};
      for (const property of properties) property.read(message, plain);
      if (Object.hasOwn(message, "$unknowns")) Object.defineProperty(plain, UNKNOWN, { value: message.$unknowns });
      return plain;
    },
  };
}

/** The oneof of the .proto that a field belongs to; the one that protobufjs makes for `optional` does not count. */
const realOneof = (field: protobuf.Field) => field.partOf && !field.partOf.isProto3Optional ? field.partOf : undefined;

/** How one value of a field's type goes over. */
interface Value {
  write(value: unknown, path: string, depth: number): unknown;
  read(value: unknown): unknown;
}

function valueOf(field: protobuf.Field): Value {
  const { resolvedType, type } = field;
  if (resolvedType instanceof protobuf.Type) {
    return {
      write: (value, path, depth) => converterOf(resolvedType).toWire(value, path, depth + 1),
      read: (value) => converterOf(resolvedType).fromWire(value as Plain),
    };
  }
  const scalar = resolvedType instanceof protobuf.Enum ? "enum" : type;
  return {
    write: (value, path) => encodeScalar(scalar, value, path),
    read: isBig(scalar)
      ? toBigInt
      : scalar === "bytes"
      ? (value) => new Uint8Array(value as Uint8Array)
      : (value) => value,
  };
}

function fieldProperty(field: protobuf.Field): Property {
  const { name } = field;
  const value = valueOf(field);
  if (field instanceof protobuf.MapField) return mapProperty(field, value);
  if (field.repeated) {
    return {
      name,
      write(list, wire, path, depth) {
        if (!Array.isArray(list)) throw wrong(path, "an array", list);
        wire[name] = list.map((one, i) => value.write(one, `${path}[${i}]`, depth));
      },
      read: (message, plain) => plain[name] = (message[name] as unknown[]).map((one) => value.read(one)),
    };
  }
  const write: Property["write"] = (one, wire, path, depth) => wire[name] = value.write(one, path, depth);
  if (field.hasPresence || field.resolvedType instanceof protobuf.Type) {
    const read: Property["read"] = (message, plain) => {
      if (Object.hasOwn(message, name)) plain[name] = value.read(message[name]);
    };
    return { name, write, read };
  }
  const fallback = scalarDefault(field.resolvedType ? "enum" : field.type);
  return {
    name,
    write,
    read: (message, plain) => plain[name] = Object.hasOwn(message, name) ? value.read(message[name]) : fallback(),
  };
}

function mapProperty(field: protobuf.MapField, value: Value): Property {
  const { name, keyType } = field;
  const readKey = (key: string): unknown => {
    if (keyType === "string") return key;
    if (keyType === "bool") return key === "true";
    if (!isBig(keyType)) return Number(key);
    return key.length === 8 && !/^-?\d+$/.test(key)
      ? toBigInt(protobuf.util.longFromHash(key, keyType[0] === "u"))
      : BigInt(key);
  };
  return {
    name,
    write(map, wire, path, depth) {
      if (!(map instanceof Map)) throw wrong(path, "a Map", map);
      const entries: Plain = Object.create(null);
      for (const [key, one] of map) {
        encodeScalar(keyType, key, `${path} key`);
        entries[String(key)] = value.write(one, `${path}[${JSON.stringify(String(key))}]`, depth);
      }
      wire[name] = entries;
    },
    read(message, plain) {
      const map = new Map<unknown, unknown>();
      const entries = message[name] as Plain;
      for (const key of Object.keys(entries)) map.set(readKey(key), value.read(entries[key]));
      plain[name] = map;
    },
  };
}

function oneofProperty(oneof: protobuf.OneOf): Property {
  const { name } = oneof;
  const cases = new Map(oneof.fieldsArray.map((field) => [field.name, valueOf(field.resolve())]));
  return {
    name,
    write(choice, wire, path, depth) {
      if (typeof choice !== "object" || choice === null) throw wrong(path, "{ case, value }", choice);
      const { case: which, value } = choice as { case: string; value: unknown };
      const chosen = cases.get(which);
      if (chosen === undefined) {
        const known = [...cases.keys()].map((one) => JSON.stringify(one)).join(", ");
        throw new TypeError(`${path}.case: there is no ${JSON.stringify(which)}; use one of ${known}`);
      }
      wire[which] = chosen.write(value, `${path}.value`, depth);
    },
    read(message, plain) {
      const which = message[name] as string | undefined;
      if (which !== undefined) plain[name] = { case: which, value: cases.get(which)!.read(message[which]) };
    },
  };
}

/** The error for a value of the wrong type. */
export function wrong(path: string, expected: string, value: unknown): TypeError {
  let shown: string;
  try {
    shown = typeof value === "bigint" ? `${value}n` : JSON.stringify(value) ?? String(value);
  } catch {
    shown = typeof value;
  }
  return new TypeError(`${path}: expected ${expected}, got ${shown.length > 60 ? shown.slice(0, 57) + "..." : shown}`);
}
