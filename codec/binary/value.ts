import type { protobuf } from "../../deps.ts";
import type { Source } from "./source.ts";

/** How a value lies on the wire: as a varint, in 64 bits, with its length before it, in 32 bits. */
export type WireType = 0 | 1 | 2 | 5;

/** Writes and reads the values of one type: a scalar or a message. */
export interface ValueCodec {
  readonly wireType: WireType;
  /**
   * The memory of what {@linkcode initial} makes, in bytes.
   * @default {0}
   */
  readonly emptyBytes?: number;
  /** Makes the value that stands where nothing was sent. */
  initial(): unknown;
  /** Whether a value is that one, so that a field without presence is not sent. */
  isInitial(value: unknown): boolean;
  /**
   * Writes a value.
   *
   * @param depth How many messages stand around it.
   * @throws {Misfit} If it is not of the type.
   */
  write(writer: protobuf.Writer, value: unknown, depth: number): void;
  /**
   * Reads a value.
   *
   * @param previous What the field holds already: the parts of a message are joined.
   * @throws {Error} If the bytes are no such value.
   */
  read(reader: Source, depth: number, previous?: unknown): unknown;
}

/** What stands before a value on the wire. */
export const tagOf = (id: number, wireType: WireType): number => (id << 3 | wireType) >>> 0;

/** Reads a length and makes it the reader's end. Returns the end before, to be set back. */
export function enter(reader: Source): number {
  const end = endOfValue(reader);
  const outer = reader.len;
  reader.len = end;
  return outer;
}

/**
 * Reads the length of a value. Returns where the value ends.
 *
 * @throws {RangeError} If that is behind the reader's end.
 */
export function endOfValue(reader: Source): number {
  const length = reader.size();
  const left = reader.len - reader.pos;
  if (length > left) throw new RangeError(`a value of ${length} bytes stands where ${left} are left`);
  return reader.pos + length;
}
