import { wrong } from "./convert.ts";

const RANGES: Record<string, readonly [number, number]> = {
  int32: [-(2 ** 31), 2 ** 31 - 1],
  sint32: [-(2 ** 31), 2 ** 31 - 1],
  sfixed32: [-(2 ** 31), 2 ** 31 - 1],
  enum: [-(2 ** 31), 2 ** 31 - 1],
  uint32: [0, 2 ** 32 - 1],
  fixed32: [0, 2 ** 32 - 1],
};
const SIGNED_BIG: readonly [bigint, bigint] = [-(2n ** 63n), 2n ** 63n - 1n];
const UNSIGNED_BIG: readonly [bigint, bigint] = [0n, 2n ** 64n - 1n];
const BIG: Record<string, readonly [bigint, bigint]> = {
  int64: SIGNED_BIG,
  sint64: SIGNED_BIG,
  sfixed64: SIGNED_BIG,
  uint64: UNSIGNED_BIG,
  fixed64: UNSIGNED_BIG,
};

/** Whether a scalar type has 64 bits, and so is a bigint. */
export const isBig = (type: string): boolean => type in BIG;

/** What a long of protobufjs looks like. */
interface LongBits {
  low: number;
  high: number;
  unsigned: boolean;
}

/** The bigint for what protobufjs decoded. */
export function toBigInt(value: unknown): bigint {
  if (typeof value === "number") return BigInt(value);
  const { low, high, unsigned } = value as LongBits;
  return (BigInt(unsigned ? high >>> 0 : high) << 32n) | BigInt(low >>> 0);
}

/** Makes the value that a scalar has where nothing was sent. */
export function scalarDefault(type: string): () => unknown {
  if (isBig(type)) return () => 0n;
  if (type === "string") return () => "";
  if (type === "bool") return () => false;
  if (type === "bytes") return () => new Uint8Array();
  return () => 0;
}

/**
 * Checks a scalar and makes what protobufjs encodes.
 *
 * @param type The scalar type of the .proto, or `"enum"`.
 * @param path The field, for the error.
 * @throws {TypeError} If it is of the wrong type or out of range.
 */
export function encodeScalar(type: string, value: unknown, path: string): unknown {
  if (type === "string") {
    if (typeof value !== "string") throw wrong(path, "a string", value);
    if (!value.isWellFormed()) throw new TypeError(`${path}: the text has a lone surrogate, so it is not Unicode`);
    return value;
  }
  if (type === "bool") return typeof value === "boolean" ? value : raise(wrong(path, "a boolean", value));
  if (type === "bytes") return value instanceof Uint8Array ? value : raise(wrong(path, "a Uint8Array", value));
  if (type === "float" || type === "double") {
    return typeof value === "number" ? value : raise(wrong(path, "a number", value));
  }
  const big = BIG[type];
  if (big !== undefined) {
    if (typeof value !== "bigint") throw wrong(path, "a bigint", value);
    if (value < big[0] || value > big[1]) throw wrong(path, `a bigint from ${big[0]} to ${big[1]}`, value);
    return {
      low: Number(BigInt.asIntN(32, value)),
      high: Number(BigInt.asIntN(32, value >> 32n)),
      unsigned: big === UNSIGNED_BIG,
    };
  }
  const [least, most] = RANGES[type]!;
  if (typeof value !== "number") throw wrong(path, type === "enum" ? "an enum's number" : "a number", value);
  if (!Number.isInteger(value) || value < least || value > most) {
    throw wrong(path, `an integer from ${least} to ${most}`, value);
  }
  return value;
}

function raise(error: Error): never {
  throw error;
}
