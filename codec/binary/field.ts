import { protobuf } from "../../deps.ts";
import { ADDED_BYTES, charge, chargeElements, PAIR_BYTES, setEntry } from "./costs.ts";
import { codecOf } from "./message.ts";
import { Misfit, within, wrong } from "../misfit.ts";
import { ENUM, scalarCodec } from "./scalar.ts";
import type { Source } from "./source.ts";
import { Unsupported } from "../unsupported.ts";
import { enter, tagOf, type ValueCodec } from "./value.ts";

/** A message as the user has it. */
export type Plain = Record<PropertyKey, unknown>;

/** Reads what follows a tag into a message. */
export type ReadField = (message: Plain, reader: Source, depth: number) => void;

/** Writes and reads one property of a message: a field, or a oneof. */
export interface Property {
  readonly name: string;
  /** Makes what it holds where nothing was sent; undefined if it is absent then. */
  readonly initial: (() => unknown) | undefined;
  /**
   * Writes a value that is not undefined.
   *
   * @throws {Misfit} If it does not fit.
   */
  write(writer: protobuf.Writer, value: unknown, depth: number): void;
  /** What reads it, by tag. */
  readonly readers: readonly (readonly [tag: number, read: ReadField])[];
}

/** The properties of a type, in the order of the fields' numbers. */
export function propertiesOf(type: protobuf.Type): Property[] {
  const oneofs = new Set<protobuf.OneOf>();
  const properties: Property[] = [];
  for (const field of type.fieldsArray.toSorted((a, b) => a.id - b.id)) {
    refuseGroup(field.resolve());
    const oneof = realOneof(field);
    if (oneof === undefined) properties.push(fieldProperty(field));
    else if (!oneofs.has(oneof)) {
      oneofs.add(oneof);
      properties.push(oneofProperty(oneof));
    }
  }
  return properties;
}

/** @throws {Unsupported} If a field is a group of proto2, or delimited in an edition, which are the same. */
export function refuseGroup(field: protobuf.Field): void {
  if (field instanceof protobuf.MapField || !field.delimited) return;
  const name = `${field.parent!.fullName.slice(1)}.${field.name}`;
  throw new Unsupported(`${name} is a group, which is not supported; make it a field with a message`);
}

/** The oneof of the .proto that a field belongs to; the one that protobufjs makes for `optional` does not count. */
export const realOneof = (field: protobuf.Field) =>
  field.partOf && !field.partOf.isProto3Optional ? field.partOf : undefined;

function valueOf({ resolvedType, type }: protobuf.FieldBase): ValueCodec {
  if (resolvedType instanceof protobuf.Type) return codecOf(resolvedType);
  return resolvedType ? ENUM : scalarCodec(type);
}

function fieldProperty(field: protobuf.Field): Property {
  if (field instanceof protobuf.MapField) return mapProperty(field);
  if (field.repeated) return listProperty(field);
  const { name, id } = field;
  const value = valueOf(field);
  const tag = tagOf(id, value.wireType);
  const isMessage = field.resolvedType instanceof protobuf.Type;
  const presence = field.hasPresence || isMessage;
  return {
    name,
    initial: presence ? undefined : value.initial,
    write(writer, one, depth) {
      if (!presence && value.isInitial(one)) return;
      writer.uint32(tag);
      value.write(writer, one, depth);
    },
    readers: [[
      tag,
      presence
        ? (message, reader, depth) => {
          charge(reader, ADDED_BYTES);
          message[name] = value.read(reader, depth, isMessage ? message[name] : undefined);
        }
        : (message, reader, depth) => message[name] = value.read(reader, depth),
    ]],
  };
}

function listProperty(field: protobuf.Field): Property {
  const { name, id } = field;
  const value = valueOf(field);
  const packed = field.packed && value.wireType !== 2;
  const tag = tagOf(id, value.wireType);
  const packedTag = tagOf(id, 2);
  const readOne: ReadField = (message, reader, depth) => {
    const list = message[name] as unknown[];
    const length = list.push(value.read(reader, depth));
    chargeElements(reader, length, length - 1);
  };
  // Both forms are read, whatever the .proto says.
  const readPacked: ReadField = (message, reader, depth) => {
    const list = message[name] as unknown[];
    const before = list.length;
    const outer = enter(reader);
    while (reader.pos < reader.len) list.push(value.read(reader, depth));
    reader.len = outer;
    chargeElements(reader, list.length, before);
  };
  return {
    name,
    initial: () => [],
    write(writer, list, depth) {
      if (!Array.isArray(list)) throw wrong("an array", list);
      if (list.length === 0) return;
      if (packed) writer.uint32(packedTag).fork();
      let i = 0;
      try {
        for (; i < list.length; i++) {
          if (!packed) writer.uint32(tag);
          value.write(writer, list[i], depth);
        }
      } catch (thrown) {
        throw within(`[${i}]`, thrown);
      }
      if (packed) writer.ldelim();
    },
    readers: value.wireType === 2 ? [[tag, readOne]] : [[tag, readOne], [packedTag, readPacked]],
  };
}

function mapProperty(field: protobuf.MapField): Property {
  const { name, id } = field;
  const key = scalarCodec(field.keyType);
  const value = valueOf(field);
  const tag = tagOf(id, 2);
  const keyTag = tagOf(1, key.wireType);
  const valueTag = tagOf(2, value.wireType);
  return {
    name,
    initial: () => new Map(),
    write(writer, map, depth) {
      if (!(map instanceof Map)) throw wrong("a Map", map);
      for (const [k, v] of map) {
        writer.uint32(tag).fork().uint32(keyTag);
        try {
          key.write(writer, k, depth);
        } catch (thrown) {
          throw within(" key", thrown);
        }
        writer.uint32(valueTag);
        try {
          value.write(writer, v, depth);
        } catch (thrown) {
          throw within(`[${JSON.stringify(String(k))}]`, thrown);
        }
        writer.ldelim();
      }
    },
    readers: [[tag, (message, reader, depth) => {
      const outer = enter(reader);
      let k = key.initial();
      let v: unknown;
      while (reader.pos < reader.len) {
        const found = reader.tag();
        if (found === keyTag) k = key.read(reader, depth);
        else if (found === valueTag) v = value.read(reader, depth, v);
        else skip(reader, found, depth);
      }
      reader.len = outer;
      if (v === undefined) charge(reader, value.emptyBytes ?? 0);
      setEntry(reader, message[name] as Map<unknown, unknown>, k, v ?? value.initial());
    }]],
  };
}

function oneofProperty(oneof: protobuf.OneOf): Property {
  const { name } = oneof;
  const cases = new Map(oneof.fieldsArray.map((field) => {
    const value = valueOf(field.resolve());
    return [field.name, { value, tag: tagOf(field.id, value.wireType) }];
  }));
  type Choice = { case: string; value: unknown };
  return {
    name,
    initial: undefined,
    write(writer, choice, depth) {
      if (typeof choice !== "object" || choice === null) throw wrong("{ case, value }", choice);
      const { case: which, value } = choice as Choice;
      const chosen = cases.get(which);
      if (chosen === undefined) {
        const known = [...cases.keys()].map((one) => JSON.stringify(one)).join(", ");
        throw within(".case", new Misfit(`there is no ${JSON.stringify(which)}; use one of ${known}`));
      }
      writer.uint32(chosen.tag);
      try {
        chosen.value.write(writer, value, depth);
      } catch (thrown) {
        throw within(".value", thrown);
      }
    },
    readers: [...cases].map(([which, { value, tag }]) => [tag, (message, reader, depth) => {
      const previous = message[name] as Choice | undefined;
      const joined = previous?.case === which ? previous.value : undefined;
      charge(reader, ADDED_BYTES + PAIR_BYTES);
      message[name] = { case: which, value: value.read(reader, depth, joined) };
    }]),
  };
}

/** Passes over the value after a tag that nobody knows. */
export function skip(reader: Source, tag: number, depth: number): void {
  reader.skipType(tag & 7, depth, tag >>> 3);
}
