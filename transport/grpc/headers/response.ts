import { Status } from "../../../rpc/status.ts";
import type { FieldList } from "../../http2/hpack/field_list.ts";
import type { CallStatus } from "../../transport.ts";
import { ACCEPTED } from "../messages/compression.ts";
import { addMetadata, encodeBase64, listBytes } from "./headers.ts";
import type { Refusal, Request } from "./request.ts";
import { encodeStatusText } from "../../status_text.ts";

const PLAIN: FieldList = [":status", "200", "content-type", "application/grpc"];
const ENCODED: ReadonlyMap<string, FieldList> = new Map(
  ["gzip", "deflate"].map((encoding) => [encoding, [...PLAIN, "grpc-encoding", encoding]]),
);
// `grpc-message` is present even if it is empty, as in Kitex.
const OK: FieldList = ["grpc-status", "0", "grpc-message", ""];

/** The maximum size of the kit's own fields in a header, as HTTP/2 counts it. */
export const HEADER_OWN_BYTES: number = listBytes(ENCODED.get("deflate")!);
/** The maximum size of the kit's own fields in a trailers-only response, without the status text. */
export const TRAILER_OWN_BYTES: number = listBytes([...PLAIN, "grpc-status", "16", "grpc-accept-encoding", ACCEPTED]);

/** Returns the fields at the beginning of a response. */
export function responseFields(encoding: string | undefined): FieldList {
  return encoding === undefined ? PLAIN : ENCODED.get(encoding)!;
}

/** Returns the answer to a request that is not gRPC, for people. */
export function plainAnswer({ http, message }: Refusal): { fields: FieldList; body: Uint8Array } {
  const allow = http === 405 ? ["allow", "POST"] : [];
  const fields = [":status", String(http), "content-type", "text/plain; charset=utf-8", ...allow];
  return { fields, body: new TextEncoder().encode(`${message}\n`) };
}

/**
 * Returns the fields at the end of a response.
 *
 * @param status How the call ended.
 * @param only Whether nothing was sent before, so that header and trailers are one block.
 * @param request The request.
 */
export function trailerFields(
  status: CallStatus,
  only: boolean,
  { refusal, encoding }: Pick<Request, "refusal" | "encoding">,
): FieldList {
  const { code, message, trailer, details } = status;
  if (code === Status.OK && !only && trailer === undefined && details === undefined) return OK;
  const fields: string[] = only ? [":status", "200", "content-type", "application/grpc"] : [];
  fields.push("grpc-status", String(code), "grpc-message", encodeStatusText(message.toWellFormed()));
  if (details) fields.push("grpc-status-details-bin", encodeBase64(details));
  if (refusal && encoding) fields.push("grpc-accept-encoding", ACCEPTED);
  addMetadata(fields, trailer);
  return fields;
}
