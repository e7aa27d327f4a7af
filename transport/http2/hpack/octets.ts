import { Buffer } from "node:buffer";

/** From this length on, one call into the runtime is faster than reading each octet (bench/hpack_bench.ts). */
const LONG_TEXT_CHARACTERS = 24;

const latin1Slice = (Buffer.prototype as unknown as {
  latin1Slice(this: Uint8Array, start: number, end: number): string;
}).latin1Slice;

/**
 * Returns the octets `buf[start..end)` as text, one character per octet. TextDecoder can't do that: its "latin1" is
 * windows-1252.
 */
export function textOf(buf: Uint8Array, start: number, end: number): string {
  if (end - start >= LONG_TEXT_CHARACTERS) return latin1Slice.call(buf, start, end);
  const char = String.fromCharCode;
  let text = "";
  let at = start;
  for (; at + 8 <= end; at += 8) {
    text += char(
      buf[at]!,
      buf[at + 1]!,
      buf[at + 2]!,
      buf[at + 3]!,
      buf[at + 4]!,
      buf[at + 5]!,
      buf[at + 6]!,
      buf[at + 7]!,
    );
  }
  if (at + 4 <= end) {
    text += char(buf[at]!, buf[at + 1]!, buf[at + 2]!, buf[at + 3]!);
    at += 4;
  }
  for (; at < end; at++) text += char(buf[at]!);
  return text;
}

/**
 * Writes a text, one octet per character. A character above 255 becomes "?": its low octet could be a line feed, which
 * no check of the text has seen.
 *
 * @returns The offset after the octets.
 */
export function writeText(text: string, buf: Uint8Array, offset: number): number {
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    buf[offset++] = code > 255 ? 0x3f : code;
  }
  return offset;
}
