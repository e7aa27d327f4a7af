import { type Metadata, RpcError } from "../../../mod.ts";
import type { AnyMessage, CaseError, Header } from "./generated.ts";

const PREFIX = "type.googleapis.com/";

/** Puts the fields of a test case into metadata. */
export function addFields(metadata: Metadata, headers: readonly Header[]): Metadata {
  for (const { name, value } of headers) {
    for (const text of value) metadata.append(name, name.endsWith("-bin") ? Uint8Array.fromBase64(text) : text);
  }
  return metadata;
}

/** Metadata in the form of a test case. */
export function fieldsOf(metadata: Metadata | undefined): Header[] {
  const fields = new Map<string, string[]>();
  for (const [name, value] of metadata ?? []) {
    const text = typeof value === "string" ? value : value.toBase64({ omitPadding: true });
    fields.set(name, [...fields.get(name) ?? [], text]);
  }
  return [...fields].map(([name, value]) => ({ name, value }));
}

/** Packs a message. */
export const packed = (type: string, value: Uint8Array): AnyMessage => ({ typeUrl: PREFIX + type, value });

/** The error that a test case asks for. */
export function errorOf({ code, message, details }: CaseError, more: AnyMessage[]): RpcError {
  return new RpcError(code, message ?? "", {
    details: [...details, ...more].map(({ typeUrl, value }) => ({
      type: typeUrl.slice(typeUrl.lastIndexOf("/") + 1),
      value,
    })),
  });
}

/** What was thrown, in the form of a test case. */
export function caseErrorOf(thrown: unknown): CaseError {
  const { code, rawMessage, details } = RpcError.from(thrown);
  return { code, message: rawMessage, details: details.map(({ type, value }) => packed(type, value)) };
}
