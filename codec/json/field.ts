import { protobuf } from "../../deps.ts";
import type { JsonValue } from "../../rpc/json.ts";
import { chargeElements, setEntry } from "../binary/costs.ts";
import { realOneof, refuseGroup } from "../binary/field.ts";
import { Misfit, short, within, wrong } from "../misfit.ts";
import { ENUM, scalarCodec } from "../binary/scalar.ts";
import { enumJson } from "./enum.ts";
import { messageJson } from "./message.ts";
import { keyJson, scalarJson } from "./scalar.ts";
import { isObject, type JsonCodec } from "./value.ts";

/** A field as JSON sees it. */
export interface JsonField extends JsonCodec {
  /** Its property in a message, or its case in a oneof. */
  readonly name: string;
  /** The oneof that it belongs to. */
  readonly oneof: string | undefined;
  /** The name that is written. */
  readonly jsonName: string;
  /** The name in the .proto, which is read as well. */
  readonly protoName: string;
  /** What it holds where it is left out; undefined if it has presence. */
  readonly initial: (() => unknown) | undefined;
  /** Whether a value may be left out. */
  isInitial(value: unknown): boolean;
}

/** A field after its types are known. */
export function jsonField(field: protobuf.Field): JsonField {
  refuseGroup(field.resolve());
  const { name, jsonName, protoName } = field as unknown as { name: string; jsonName: string; protoName: string };
  const names = { name, jsonName, protoName, oneof: realOneof(field)?.name };
  if (field instanceof protobuf.MapField) {
    const isInitial = (map: unknown) => map instanceof Map && map.size === 0;
    return { ...names, ...mapJson(field), initial: () => new Map(), isInitial };
  }
  const value = valueJson(field);
  if (field.repeated) {
    const isInitial = (list: unknown) => Array.isArray(list) && list.length === 0;
    return { ...names, ...listJson(value), initial: () => [], isInitial };
  }
  const { takesNull } = value;
  const single = {
    ...names,
    takesNull,
    write: value.write.bind(value),
    read: value.read.bind(value),
  } satisfies Partial<JsonField>;
  if (field.hasPresence || field.resolvedType instanceof protobuf.Type) {
    return { ...single, initial: undefined, isInitial: () => false };
  }
  const { initial, isInitial } = field.resolvedType ? ENUM : scalarCodec(field.type);
  return { ...single, initial, isInitial };
}

function valueJson({ resolvedType, type }: protobuf.FieldBase): JsonCodec {
  if (resolvedType instanceof protobuf.Type) return messageJson(resolvedType);
  return resolvedType ? enumJson(resolvedType) : scalarJson(type);
}

/** Does not let null stand for a value that an array or a map has no way to leave out. */
function refuseNull(json: JsonValue, { takesNull }: JsonCodec): void {
  if (json === null && !takesNull) throw new Misfit("null is no value here; leave it out");
}

function listJson(value: JsonCodec): JsonCodec {
  return {
    write(list, context, depth) {
      if (!Array.isArray(list)) throw wrong("an array", list);
      return list.map((one, i) => at(`[${i}]`, () => value.write(one, context, depth)));
    },
    read(json, context, depth) {
      if (!Array.isArray(json)) throw wrong("an array", json);
      const list: unknown[] = [];
      let i = 0;
      try {
        for (; i < json.length; i++) {
          refuseNull(json[i]!, value);
          const one = value.read(json[i]!, context, depth);
          if (one === undefined) continue;
          const length = list.push(one);
          chargeElements(context.costs, length, length - 1);
        }
      } catch (thrown) {
        throw within(`[${i}]`, thrown);
      }
      return list;
    },
  };
}

function mapJson(field: protobuf.MapField): JsonCodec {
  const key = keyJson(field.keyType);
  const value = valueJson(field);
  return {
    write(map, context, depth) {
      if (!(map instanceof Map)) throw wrong("a Map", map);
      // Not by assignment: a key may be __proto__.
      return Object.fromEntries(
        Array.from(map, ([k, v]) => {
          const name = at(" key", () => key.write(k, context));
          return [name, at(`[${JSON.stringify(name)}]`, () => value.write(v, context, depth))];
        }),
      );
    },
    read(json, context, depth) {
      if (!isObject(json)) throw wrong("an object", json);
      const map = new Map<unknown, unknown>();
      let name = "";
      try {
        for (name of Object.keys(json)) {
          const k = at(" key", () => key.read(name, context));
          refuseNull(json[name]!, value);
          const v = value.read(json[name]!, context, depth);
          if (v === undefined) continue;
          const before = map.size;
          setEntry(context.costs, map, k, v);
          if (map.size === before) throw new Misfit("the key is there already, written differently");
        }
      } catch (thrown) {
        throw within(`[${short(JSON.stringify(name))}]`, thrown);
      }
      return map;
    },
  };
}

/** What `use` gives; if it fails, with a part of the way put before its own. */
export function at<T>(part: string, use: () => T): T {
  try {
    return use();
  } catch (thrown) {
    throw within(part, thrown);
  }
}
