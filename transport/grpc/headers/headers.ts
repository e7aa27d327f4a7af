import { excerpt } from "../../../base/text/excerpt.ts";
import { Metadata, type MetadataValue } from "../../../rpc/metadata.ts";
import { isSourceField } from "../../../rpc/source_headers.ts";
import type { RpcError } from "../../../rpc/error.ts";
import type { FieldList } from "../../http2/hpack/field_list.ts";
import { isApplicationField } from "../../application_fields.ts";
import { sizeExcess } from "../../excess.ts";
import type { Limits } from "../../transport.ts";

// deno-lint-ignore no-control-regex -- all of ASCII
const ASCII = /^[\x00-\x7f]*$/;
const UTF8 = { encoder: new TextEncoder(), decoder: new TextDecoder("utf-8", { ignoreBOM: true }) };

/**
 * Returns how many values of metadata a field holds: none if it belongs to HTTP/2 or the kit, and several if it ends in
 * `-bin` and has a list. Values are counted before they are decoded, as there may be thousands.
 */
function valuesIn(name: string, value: string): number {
  if (!isApplicationField(name) || isSourceField(name)) return 0;
  let values = 1;
  if (!name.endsWith("-bin")) return values;
  for (let at = value.indexOf(","); at >= 0; at = value.indexOf(",", at + 1)) values++;
  return values;
}

/**
 * Returns the size of the application's fields in a list: the number of values, and the bytes as HTTP/2 counts them.
 */
export function metadataSize(fields: FieldList): { entries: number; bytes: number } {
  let entries = 0, bytes = 0;
  for (let i = 0; i < fields.length; i += 2) {
    const name = fields[i]!, value = fields[i + 1]!;
    const values = valuesIn(name, value);
    if (values === 0) continue;
    entries += values;
    bytes += 32 + name.length + value.length;
  }
  return { entries, bytes };
}

/** Returns the error if the application's fields in a list exceed the limits; undefined if not. */
export function fieldsExcess(fields: FieldList, limits: Limits, subject: string): RpcError | undefined {
  const { entries, bytes } = metadataSize(fields);
  return sizeExcess(entries, bytes, limits, subject);
}

/**
 * Returns the size of a list as HTTP/2 counts it: name, value and 32 octets for each field (RFC 9113, section 6.5.2).
 */
export function listBytes(fields: FieldList): number {
  let bytes = 16 * fields.length;
  for (const text of fields) bytes += text.length;
  return bytes;
}

/** Returns the application's fields in a list. A `-bin` value that is not base64 is skipped, as in Kitex. */
export function metadataOf(fields: FieldList): Metadata {
  const entries: [string, MetadataValue][] = [];
  for (let i = 0; i < fields.length; i += 2) {
    const name = fields[i]!, value = fields[i + 1]!;
    if (!isApplicationField(name)) continue;
    if (name.endsWith("-bin")) addBytes(entries, name, value);
    else entries.push([name, decodeText(value)]);
  }
  return Metadata.unchecked(entries);
}

function addBytes(entries: [string, MetadataValue][], name: string, value: string): void {
  for (const text of value.split(",")) {
    const bytes = decodeBase64(text.trim());
    if (bytes !== undefined) entries.push([name, bytes]);
  }
}

/** Returns why the fields are invalid as metadata; undefined if they are valid. */
export function malformedMetadata(fields: FieldList): string | undefined {
  for (let i = 0; i < fields.length; i += 2) {
    if (!fields[i]!.endsWith("-bin")) continue;
    if (fields[i + 1]!.split(",").some((text) => decodeBase64(text.trim()) === undefined)) {
      return `the value of ${excerpt(fields[i]!)} is no base64`;
    }
  }
  return undefined;
}

/** Appends metadata to a list. */
export function addMetadata(fields: string[], metadata: Metadata | undefined): void {
  if (metadata === undefined) return;
  for (const [name, value] of metadata) {
    fields.push(name, typeof value === "string" ? encodeText(value) : encodeBase64(value));
  }
}

/** Encodes bytes as the value of a `-bin` field: base64 without padding. */
export function encodeBase64(bytes: Uint8Array): string {
  return bytes.toBase64({ omitPadding: true });
}

/** Decodes the value of a `-bin` field, with or without padding. Returns undefined if it is not base64. */
export function decodeBase64(text: string): Uint8Array | undefined {
  try {
    return Uint8Array.fromBase64(text);
  } catch {
    return undefined;
  }
}

/** Encodes a text as UTF-8, with one character for each octet. Kitex sends raw UTF-8. */
export function encodeText(text: string): string {
  if (ASCII.test(text)) return text;
  let octets = "";
  for (const byte of UTF8.encoder.encode(text)) octets += String.fromCharCode(byte);
  return octets;
}

function decodeText(octets: string): string {
  if (ASCII.test(octets)) return octets;
  return UTF8.decoder.decode(Uint8Array.from(octets, (c) => c.charCodeAt(0)));
}
