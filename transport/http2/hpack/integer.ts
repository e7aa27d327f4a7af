import { HpackError } from "./error.ts";

/** The largest integer that is accepted, which is far more than any valid index, length or table size. */
const MAX_INTEGER = 2 ** 31 - 1;

/** A position in a header block. One cursor is reused for all blocks of a connection. */
export class Cursor {
  /** The octets. */
  buf: Uint8Array = new Uint8Array();
  /** The position of the next octet. */
  pos = 0;
  /** The end of the block. */
  end = 0;
}

/**
 * Reads an integer (RFC 7541, 5.1).
 *
 * @param cursor The position after the integer's first octet.
 * @param first The first octet.
 * @param mask The bits of the first octet that belong to the integer.
 * @throws {HpackError} If the block ends inside the integer, if it is 2^31 or more, or if it has more octets than
 * needed for that.
 */
export function readInteger(cursor: Cursor, first: number, mask: number): number {
  const prefix = first & mask;
  return prefix < mask ? prefix : readRest(cursor, prefix);
}

function readRest(cursor: Cursor, prefix: number): number {
  let value = prefix;
  for (let unit = 1; unit <= 2 ** 28; unit *= 128) {
    if (cursor.pos >= cursor.end) throw new HpackError("the header block ends inside an integer");
    const octet = cursor.buf[cursor.pos++]!;
    value += (octet & 0x7f) * unit;
    if (octet >= 0x80) continue;
    if (value > MAX_INTEGER) break;
    return value;
  }
  throw new HpackError(
    `an integer in the header block is more than ${MAX_INTEGER}, or has more than 5 octets after its prefix`,
  );
}

/**
 * Writes an integer.
 *
 * @param value At most 2^31-1.
 * @param first The bits of the first octet above the integer.
 * @param mask The bits of the first octet that belong to the integer.
 * @returns The offset after it, at most 6 more.
 */
export function writeInteger(value: number, first: number, mask: number, buf: Uint8Array, offset: number): number {
  if (value < mask) {
    buf[offset] = first | value;
    return offset + 1;
  }
  buf[offset++] = first | mask;
  let rest = value - mask;
  for (; rest >= 0x80; rest >>>= 7) buf[offset++] = rest & 0x7f | 0x80;
  buf[offset++] = rest;
  return offset;
}
