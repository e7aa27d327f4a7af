import { Metadata, type MetadataValue } from "../../rpc/metadata.ts";
import { isRetryField } from "../../rpc/retry_fields.ts";
import type { FieldList } from "../http2/hpack/field_list.ts";

/** Fields of HTTP/2 and gRPC, which are not the application's. Those that begin with `:` or `grpc-` belong to them too. */
const HIDDEN = new Set(["content-type", "te", "user-agent", "accept-encoding", "date", "host", "content-length"]);
// deno-lint-ignore no-control-regex -- all of ASCII
const ASCII = /^[\x00-\x7f]*$/;
const UTF8 = { encoder: new TextEncoder(), decoder: new TextDecoder("utf-8", { ignoreBOM: true }) };

/** Whether a field is the application's, or one of the two that the call path reads and writes. */
export function isApplicationField(name: string): boolean {
  return name.charCodeAt(0) !== 58 && (!name.startsWith("grpc-") || isRetryField(name)) && !HIDDEN.has(name);
}

/** The application's fields of a list. */
export function metadataOf(fields: FieldList): Metadata {
  const entries: [string, MetadataValue][] = [];
  for (let i = 0; i < fields.length; i += 2) {
    const name = fields[i]!, value = fields[i + 1]!;
    if (!isApplicationField(name)) continue;
    if (!name.endsWith("-bin")) entries.push([name, decodeText(value)]);
    // One field may hold several values.
    else for (const one of value.split(",")) entries.push([name, decodeBase64(one.trim()) ?? new Uint8Array(0)]);
  }
  return Metadata.unchecked(entries);
}

/** Why the fields can't be metadata; undefined if they can. */
export function malformedMetadata(fields: FieldList): string | undefined {
  for (let i = 0; i < fields.length; i += 2) {
    if (!fields[i]!.endsWith("-bin")) continue;
    if (fields[i + 1]!.split(",").some((one) => decodeBase64(one.trim()) === undefined)) {
      return `the value of ${fields[i]} is no base64`;
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
function encodeText(text: string): string {
  if (ASCII.test(text)) return text;
  let octets = "";
  for (const byte of UTF8.encoder.encode(text)) octets += String.fromCharCode(byte);
  return octets;
}

function decodeText(octets: string): string {
  if (ASCII.test(octets)) return octets;
  return UTF8.decoder.decode(Uint8Array.from(octets, (c) => c.charCodeAt(0)));
}
