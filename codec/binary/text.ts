import { Buffer } from "node:buffer";
import { protobuf } from "../../deps.ts";
import { chargeText } from "./costs.ts";
import type { Source } from "./source.ts";
import { endOfValue } from "./value.ts";

/**
 * V8 joins texts of so many characters into one piece. Longer ones it keeps as a tree of pieces, which takes 9 bytes a
 * character.
 */
const MAX_JOINED_CHARACTERS = 12;

/** Not in the types of node:buffer. The documented `toString()` takes twice as long, and TextDecoder five times. */
const { latin1Slice, utf8Slice } = Buffer.prototype as unknown as Record<
  "latin1Slice" | "utf8Slice",
  (this: Uint8Array, start: number, end: number) => string
>;
const STRICT = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const { readStrict } = protobuf.util.utf8;

/**
 * Reads a text with its length before it.
 *
 * @throws {Error} If it is not UTF-8.
 */
export function readText(reader: Source): string {
  const end = endOfValue(reader);
  const start = reader.pos;
  const length = end - start;
  reader.pos = end;
  const text = length <= MAX_JOINED_CHARACTERS && isAscii(reader.buf, start, end)
    ? readStrict(reader.buf, start, end)
    : utf8(reader.buf, start, end);
  chargeText(reader, text, length);
  return text;
}

function isAscii(buf: Uint8Array, at: number, end: number): boolean {
  while (at < end) if (buf[at++]! >= 0x80) return false;
  return true;
}

function utf8(buf: Uint8Array, start: number, end: number): string {
  const text = utf8Slice.call(buf, start, end);
  // It stands for what is not UTF-8, unless it was sent.
  return text.includes("\ufffd") ? STRICT.decode(buf.subarray(start, end)) : text;
}

/** A string with a character for each byte. */
export const latin1 = (buf: Uint8Array, start: number, end: number): string => latin1Slice.call(buf, start, end);
