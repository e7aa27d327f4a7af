import { excerpt } from "../../base/excerpt.ts";
import { Metadata, type MetadataValue } from "../../rpc/metadata.ts";
import { isRetryField } from "../../rpc/retry_fields.ts";
import { isSourceField } from "../../rpc/source.ts";
import type { RpcError } from "../../rpc/error.ts";
import type { FieldList } from "../http2/hpack/field_list.ts";
import { sizeExcess } from "../limits.ts";
import type { Limits } from "../transport.ts";

/**
 * Fields of HTTP/2 and gRPC, which are not the application's. Those that begin with `:` or `grpc-` belong to them too.
 */
const HIDDEN = new Set(["content-type", "te", "user-agent", "accept-encoding", "date", "host", "content-length"]);
// deno-lint-ignore no-control-regex -- all of ASCII
const ASCII = /^[\x00-\x7f]*$/;
const UTF8 = { encoder: new TextEncoder(), decoder: new TextDecoder("utf-8", { ignoreBOM: true }) };

/** Whether a field is the application's, or one of the two that the call path reads and writes. */
export function isApplicationField(name: string): boolean {
  return name.charCodeAt(0) !== 58 && (!name.startsWith("grpc-") || isRetryField(name)) && !HIDDEN.has(name);
}

/**
 * How many values of metadata a field holds: none if it is not the application's but HTTP/2's or the kit's own, several
 * if it ends in `-bin`. To be counted before they are decoded, as there may be thousands.
 */
export function valuesIn(name: string, value: string): number {
  if (!isApplicationField(name) || isSourceField(name)) return 0;
  let values = 1;
  if (!name.endsWith("-bin")) return values;
  for (let at = value.indexOf(","); at >= 0; at = value.indexOf(",", at + 1)) values++;
  return values;
}

/** Why the application's fields of a list are too many or too large, or undefined if they are not. */
export function fieldsExcess(fields: FieldList, limits: Limits, what: string): RpcError | undefined {
  let entries = 0, bytes = 0;
  for (let i = 0; i < fields.length; i += 2) {
    const name = fields[i]!, value = fields[i + 1]!;
    const values = valuesIn(name, value);
    if (values === 0) continue;
    entries += values;
    bytes += 32 + name.length + value.length;
  }
  return sizeExcess(entries, bytes, limits, what);
}

/** The size of a list as HTTP/2 counts it: 32 octets a field, and its name and value (RFC 9113, section 6.5.2). */
export function listBytes(fields: FieldList): number {
  let bytes = 16 * fields.length;
  for (const text of fields) bytes += text.length;
  return bytes;
}

/** The application's fields of a list. A `-bin` value that is no base64 is left out, as Kitex does. */
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
  for (const one of value.split(",")) {
    const bytes = decodeBase64(one.trim());
    if (bytes !== undefined) entries.push([name, bytes]);
  }
}

/** Why the fields can't be metadata; undefined if they can. */
export function malformedMetadata(fields: FieldList): string | undefined {
  for (let i = 0; i < fields.length; i += 2) {
    if (!fields[i]!.endsWith("-bin")) continue;
    if (fields[i + 1]!.split(",").some((one) => decodeBase64(one.trim()) === undefined)) {
      return `the value of ${excerpt(fields[i]!)} is no base64`;
    }
  }
  return undefined;
}

/** Adds metadata to a list. */
export function addMetadata(fields: string[], metadata: Metadata | undefined): void {
  if (metadata === undefined) return;
  for (const [name, value] of metadata) {
    fields.push(name, typeof value === "string" ? encodeText(value) : encodeBase64(value));
  }
}

/** Bytes as the value of a `-bin` field: base64 without padding. */
export function encodeBase64(bytes: Uint8Array): string {
  return bytes.toBase64({ omitPadding: true });
}

/** The bytes of a `-bin` field, with or without padding; undefined if it is no base64. */
export function decodeBase64(text: string): Uint8Array | undefined {
  try {
    return Uint8Array.fromBase64(text);
  } catch {
    return undefined;
  }
}

/** A text as octets, each as one character. Kitex sends UTF-8 as it is. */
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
