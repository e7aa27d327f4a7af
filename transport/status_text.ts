/**
 * Encodes and decodes the text of `grpc-message`: UTF-8, percent-encoded except for printable ASCII other than the
 * percent sign.
 *
 * @see https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md#responses
 * @module
 */

import { utf8Length } from "../rpc/field_value.ts";

const PLAIN = /^[\x20-\x24\x26-\x7e]*$/;
const UTF8 = { encoder: new TextEncoder(), decoder: new TextDecoder("utf-8", { ignoreBOM: true }) };

/** Encodes a text for `grpc-message`. A leading or trailing space is encoded too, as HTTP/2 fields can't carry it. */
export function encodeStatusText(text: string): string {
  if (PLAIN.test(text) && text === text.trim()) return text;
  let encoded = "";
  const bytes = UTF8.encoder.encode(text);
  for (const [i, byte] of bytes.entries()) {
    const edge = byte === 0x20 && (i === 0 || i === bytes.length - 1);
    const plain = byte >= 0x20 && byte <= 0x7e && byte !== 0x25 && !edge;
    encoded += plain ? String.fromCharCode(byte) : `%${byte.toString(16).toUpperCase().padStart(2, "0")}`;
  }
  return encoded;
}

/** Returns the octets that a character takes in `grpc-message`. A percent-encoded octet takes three. */
function encodedLength(character: string): number {
  return PLAIN.test(character) ? 1 : 3 * utf8Length(character);
}

const CUT = "...";
/** The most octets that one UTF-16 code unit takes when it is encoded. */
const MAX_ENCODED_UNIT_BYTES = 9;

/**
 * Truncates a text so that its encoding for `grpc-message` has at most `octets`. Returns the text unchanged if it fits.
 */
export function cutStatusText(text: string, octets: number): string {
  if (text.length * MAX_ENCODED_UNIT_BYTES <= octets) return text;
  let length = 0, kept = 0;
  for (const character of text) {
    length += encodedLength(character);
    if (length > octets) return text.slice(0, kept) + CUT;
    if (length + CUT.length <= octets) kept += character.length;
  }
  return text;
}

/** Decodes the value of `grpc-message`. Invalid encoding is kept as it is, so that no text is lost. */
export function decodeStatusText(value: string): string {
  if (PLAIN.test(value)) return value;
  const bytes = new Uint8Array(value.length);
  let length = 0;
  for (let i = 0; i < value.length; i++) {
    const hex = value[i] === "%" ? value.slice(i + 1, i + 3) : "";
    const encoded = /^[0-9A-Fa-f]{2}$/.test(hex);
    bytes[length++] = encoded ? parseInt(hex, 16) : value.charCodeAt(i);
    if (encoded) i += 2;
  }
  return UTF8.decoder.decode(bytes.subarray(0, length));
}
