/**
 * Messages of every kind of field and of any size, made to cost as much as they can.
 *
 * @module
 */

import { fileOf, messageType, protoFile, rootOf } from "../../codec/file.ts";
import * as pb from "../../codec/well_known.ts";
import { protobuf } from "../../deps.ts";
import type { MessageType } from "../../rpc/service.ts";
import { All, Scalars } from "../proto/all.ts";
import { Known } from "../proto/known.ts";
import { collidingInt, collidingLong, collidingText } from "./colliding_keys.ts";

/** A message that is one piece after the other. */
export interface Costly {
  readonly name: string;
  readonly type: MessageType<unknown>;
  /** The bytes of a piece, by its number. */
  piece(i: number): Bytes;
}

type Bytes = readonly number[];

/** A message of at most `bytes` bytes. */
export function messageOf({ piece }: Costly, bytes: number): Uint8Array {
  const message = new Uint8Array(bytes);
  let at = 0;
  for (let i = 0;; i++) {
    const next = piece(i);
    if (at + next.length > bytes) return message.subarray(0, at);
    message.set(next, at);
    at += next.length;
  }
}

function varint(value: number | bigint): number[] {
  const bytes: number[] = [];
  let left = BigInt.asUintN(64, BigInt(value));
  for (; left > 127n; left >>= 7n) bytes.push(Number(left & 127n) | 128);
  return [...bytes, Number(left)];
}

const field = (id: number, wireType: number, body: Bytes): Bytes => [...varint(id * 8 + wireType), ...body];
const delimited = (id: number, body: Bytes): Bytes => field(id, 2, [...varint(body.length), ...body]);
const little = (value: bigint, bytes: number) =>
  Array.from({ length: bytes }, (_, i) => Number(value >> BigInt(8 * i) & 255n));
const text = (value: string): Bytes => [...new TextEncoder().encode(value)];

/** A value of a scalar type on the wire, made of an integer. */
function scalar(type: string, value: number | bigint): { wireType: number; body: Bytes } {
  if (type === "string" || type === "bytes") {
    const body = text(String(value));
    return { wireType: 2, body: [...varint(body.length), ...body] };
  }
  if (/fixed64|double/.test(type)) return { wireType: 1, body: little(BigInt.asUintN(64, BigInt(value)), 8) };
  if (/fixed32|float/.test(type)) return { wireType: 5, body: little(BigInt.asUintN(32, BigInt(value)), 4) };
  if (!type.startsWith("sint")) return { wireType: 0, body: varint(value) };
  const signed = type === "sint32" ? BigInt.asIntN(32, BigInt(value)) : BigInt.asIntN(64, BigInt(value));
  return { wireType: 0, body: varint(signed < 0n ? -2n * signed - 1n : 2n * signed) };
}

function scalarField(type: string, id: number, value: number | bigint): Bytes {
  const { wireType, body } = scalar(type, value);
  return field(id, wireType, body);
}

/** A key of a map that falls into the same bucket as the others. */
function collidingKey(type: string, i: number): number | bigint {
  if (type === "string") return Number(collidingText(i));
  return type.endsWith("64") ? collidingLong(i) : collidingInt(i);
}

/** A field that the type does not know, of two bytes. */
const UNKNOWN = (id: number): Bytes => field(id, 0, [1]);

/** The fields of a type, each again and again. */
function* fieldsOf(type: MessageType<unknown>, unknown: number): Generator<Costly> {
  const { fieldsArray } = rootOf(fileOf(type)!).lookupType(type.typeName);
  for (const one of fieldsArray) {
    const { id } = one.resolve();
    const kind = `${type.typeName}.${one.name}`;
    const isMessage = one.resolvedType instanceof protobuf.Type;
    const scalarType = one.resolvedType ? "int32" : one.type;
    const value = (at: number, i: number) => isMessage ? delimited(at, []) : scalarField(scalarType, at, i % 100);
    if (one instanceof protobuf.MapField) {
      const { keyType } = one;
      const entry = (key: number | bigint, i: number) =>
        delimited(id, [...scalarField(keyType, 1, key), ...value(2, i)]);
      yield { name: `${kind}, keys in turn`, type, piece: (i) => entry(keyType === "bool" ? i & 1 : i, i) };
      yield { name: `${kind}, empty entries`, type, piece: () => delimited(id, []) };
      if (keyType === "bool") continue;
      yield { name: `${kind}, keys that collide`, type, piece: (i) => entry(collidingKey(keyType, i), i) };
      yield { name: `${kind}, 65 keys that collide`, type, piece: (i) => entry(collidingKey(keyType, i % 65), i) };
    } else if (isMessage) {
      const message = (body: Bytes) => delimited(id, body);
      yield { name: `${kind}, empty`, type, piece: () => message([]) };
      yield { name: `${kind}, with an unknown field`, type, piece: () => message(UNKNOWN(unknown)) };
      yield { name: `${kind}, with many`, type, piece: () => message(Array(60).fill(UNKNOWN(unknown)).flat()) };
      yield { name: `${kind}, in turn with unknown fields`, type, piece: () => [...message([]), ...UNKNOWN(unknown)] };
    } else {
      yield { name: kind, type, piece: (i) => value(id, i) };
      yield { name: `${kind}, large`, type, piece: (i) => scalarField(scalarType, id, 2n ** 31n - 1n - BigInt(i)) };
      if (one.repeated && scalar(scalarType, 0).wireType !== 2) {
        const packed = (i: number) => Array.from({ length: 20 }, (_, at) => scalar(scalarType, i + at).body).flat();
        yield { name: `${kind}, packed`, type, piece: (i) => delimited(id, packed(i)) };
      }
      if (one.type === "string" || one.type === "bytes") {
        for (const length of [0, 1, 13, 255]) {
          yield { name: `${kind}, ${length} bytes`, type, piece: () => delimited(id, Array(length).fill(97)) };
        }
      }
      if (one.type === "string") yield { name: `${kind}, beyond ASCII`, type, piece: () => delimited(id, text("é中")) };
    }
  }
}

/** A type with 100 fields of a kind, in a list. */
function wide(kind: string): MessageType<unknown> {
  const fields = Array.from({ length: 100 }, (_, i) => `${kind} f${i} = ${i + 1};`).join(" ");
  const { root } = protobuf.parse(
    `syntax = "proto3"; message Wide { ${fields} } message List { repeated Wide all = 1; }`,
  );
  return messageType(protoFile("wide.proto", JSON.parse(JSON.stringify(root.toJSON()))), "List");
}

/** Whatever is in a list, in a struct, in a value. */
const VALUES: readonly (readonly [name: string, value: Bytes])[] = [
  ["nothing", []],
  ["null", field(1, 0, [0])],
  ["a number", field(2, 1, [0, 0, 0, 0, 0, 0, 0xf0, 0x3f])],
  ["an empty struct", delimited(5, [])],
  ["an empty list", delimited(6, [])],
  ["structs and lists in turn", [...delimited(5, []), ...delimited(6, [])]],
  ["structs with unknown fields", delimited(5, UNKNOWN(9))],
];

/** A group that nobody knows, which holds others: so deep. */
const group = (id: number, deep: number): Bytes => [
  ...varint(id * 8 + 3),
  ...(deep > 1 ? group(id, deep - 1) : []),
  ...varint(id * 8 + 4),
];

/** All kinds. */
export const COSTLY: readonly Costly[] = [
  ...fieldsOf(All, 50),
  ...fieldsOf(Scalars, 50),
  ...fieldsOf(Known, 50),
  ...fieldsOf(pb.Struct, 9),
  ...fieldsOf(pb.Value, 9),
  ...VALUES.map(([name, value]): Costly => ({
    name: `a list of ${name}`,
    type: pb.ListValue,
    piece: () => delimited(1, value),
  })),
  ...VALUES.slice(1).map(([name, value]): Costly => ({
    name: `a value of ${name}`,
    type: pb.Value,
    piece: () => value,
  })),
  ...VALUES.map(([name, value]): Costly => ({
    name: `a struct of ${name}`,
    type: pb.Struct,
    piece: (i) => delimited(1, [...delimited(1, text(`k${i}`)), ...delimited(2, value)]),
  })),
  { name: "unknown varints", type: pb.Empty, piece: () => UNKNOWN(9) },
  { name: "unknown texts", type: pb.Empty, piece: () => delimited(9, text("abc")) },
  { name: "unknown groups", type: pb.Empty, piece: () => group(9, 1) },
  { name: "unknown groups, 90 deep", type: pb.Empty, piece: () => group(9, 90) },
  { name: "known and unknown fields in turn", type: All, piece: () => [...field(7, 0, [1]), ...UNKNOWN(500)] },
  ...["int32", "string", "bytes", "optional int64", "repeated int32", "map<int32, int32>"].map((kind): Costly => ({
    name: `100 fields of ${kind} in an empty message`,
    type: wide(kind),
    piece: () => delimited(1, []),
  })),
];
