import { BIGINT_BYTES, charge, chargeBytes, MAX_SMI_VALUE, NUMBER_BYTES } from "./costs.ts";
import { Misfit, wrong } from "../misfit.ts";
import { readText } from "./text.ts";
import { endOfValue, type ValueCodec, type WireType } from "./value.ts";

type Small = "int32" | "sint32" | "sfixed32" | "uint32" | "fixed32";
type Big = "int64" | "sint64" | "sfixed64" | "uint64" | "fixed64";

const WIRE_TYPES: Record<Small | Big, WireType> = {
  int32: 0,
  sint32: 0,
  uint32: 0,
  fixed32: 5,
  sfixed32: 5,
  int64: 0,
  sint64: 0,
  uint64: 0,
  fixed64: 1,
  sfixed64: 1,
};

/** The least and the most that a 32-bit type holds. */
export const smallRange = (type: string): readonly [least: number, most: number] =>
  /^[uf]/.test(type) ? [0, 2 ** 32 - 1] : [-(2 ** 31), 2 ** 31 - 1];

/** The least and the most that a 64-bit type holds. */
export const bigRange = (type: string): readonly [least: bigint, most: bigint] =>
  /^[uf]/.test(type) ? [0n, 2n ** 64n - 1n] : [-(2n ** 63n), 2n ** 63n - 1n];

function small(type: Small, what: string): ValueCodec {
  const [least, most] = smallRange(type);
  return {
    wireType: WIRE_TYPES[type],
    initial: () => 0,
    isInitial: (value) => value === 0,
    write(writer, value) {
      if (typeof value !== "number") throw wrong(what, value);
      if (!Number.isInteger(value) || value < least || value > most) {
        throw wrong(`an integer from ${least} to ${most}`, value);
      }
      writer[type](value);
    },
    read(reader) {
      const value = reader[type]();
      if (value > MAX_SMI_VALUE) charge(reader, NUMBER_BYTES);
      return value;
    },
  };
}

function big(type: Big): ValueCodec {
  const unsigned = /^[uf]/.test(type);
  const [least, most] = bigRange(type);
  return {
    wireType: WIRE_TYPES[type],
    initial: () => 0n,
    isInitial: (value) => value === 0n,
    write(writer, value) {
      if (typeof value !== "bigint") throw wrong("a bigint", value);
      if (value < least || value > most) throw wrong(`a bigint from ${least} to ${most}`, value);
      const number = Number(value);
      writer[type](Number.isSafeInteger(number) ? number : longOf(value, unsigned) as never);
    },
    read(reader) {
      charge(reader, BIGINT_BYTES);
      return bigOf(reader[type]() as unknown as Long, unsigned);
    },
  };
}

/** What protobufjs has for 64 bits: two signed halves. */
interface Long {
  readonly low: number;
  readonly high: number;
  readonly unsigned: boolean;
}

const longOf = (value: bigint, unsigned: boolean): Long => ({
  low: Number(BigInt.asIntN(32, value)),
  high: Number(BigInt.asIntN(32, value >> 32n)),
  unsigned,
});

function bigOf({ low, high }: Long, unsigned: boolean): bigint {
  // Small ones, which most are, need no arithmetic of bigints.
  if (high === 0) return BigInt(low >>> 0);
  const number = (unsigned ? high >>> 0 : high) * 2 ** 32 + (low >>> 0);
  if (Number.isSafeInteger(number)) return BigInt(number);
  return BigInt(unsigned ? high >>> 0 : high) << 32n | BigInt(low >>> 0);
}

function float(type: "float" | "double", wireType: WireType): ValueCodec {
  return {
    wireType,
    initial: () => 0,
    isInitial: (value) => Object.is(value, 0), // -0 is sent
    write(writer, value) {
      if (typeof value !== "number") throw wrong("a number", value);
      writer[type](value);
    },
    read(reader) {
      charge(reader, NUMBER_BYTES);
      return reader[type]();
    },
  };
}

const string: ValueCodec = {
  wireType: 2,
  initial: () => "",
  isInitial: (value) => value === "",
  write(writer, value) {
    if (typeof value !== "string") throw wrong("a string", value);
    if (!value.isWellFormed()) throw new Misfit("the text has a lone surrogate, so it is not Unicode");
    writer.string(value);
  },
  read: readText,
};

/**
 * The default of all bytes fields. Applications get it and may detach its buffer, so the kit itself uses the one of
 * base/bytes.ts.
 */
export const NO_BYTES = new Uint8Array();

/** For so many bytes, a view of the buffer takes longer than a loop. */
const MAX_COPIED_BYTES = 64;

const bytes: ValueCodec = {
  wireType: 2,
  initial: () => NO_BYTES,
  isInitial: (value) => value instanceof Uint8Array && value.length === 0,
  write(writer, value) {
    if (!(value instanceof Uint8Array)) throw wrong("a Uint8Array", value);
    writer.bytes(value);
  },
  // A copy: the transport may use its buffer again.
  read(reader) {
    const end = endOfValue(reader);
    const start = reader.pos;
    reader.pos = end;
    if (start === end) return NO_BYTES;
    chargeBytes(reader, end - start);
    const value = new Uint8Array(end - start);
    if (value.length > MAX_COPIED_BYTES) value.set(reader.buf.subarray(start, end));
    else for (let i = 0; i < value.length; i++) value[i] = reader.buf[start + i]!;
    return value;
  },
};

const bool: ValueCodec = {
  wireType: 0,
  initial: () => false,
  isInitial: (value) => value === false,
  write(writer, value) {
    if (typeof value !== "boolean") throw wrong("a boolean", value);
    writer.bool(value);
  },
  read: (reader) => reader.bool(),
};

const SCALARS: Record<string, ValueCodec> = {
  string,
  bytes,
  bool,
  float: float("float", 5),
  double: float("double", 1),
};
for (const type of ["int32", "sint32", "uint32", "fixed32", "sfixed32"] as const) {
  SCALARS[type] = small(type, "a number");
}
for (const type of ["int64", "sint64", "uint64", "fixed64", "sfixed64"] as const) SCALARS[type] = big(type);

/** The codec of an enum's values, also of those that it does not know. */
export const ENUM: ValueCodec = small("int32", "an enum's number");

/** The codec of a scalar type of .proto files, such as `"uint64"`. */
export const scalarCodec = (type: string): ValueCodec => SCALARS[type]!;
