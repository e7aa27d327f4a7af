import { Status } from "../../rpc/status.ts";
import type { FieldList } from "../http2/hpack/field_list.ts";
import type { CallStatus } from "../transport.ts";
import { ACCEPTED } from "./compression.ts";
import { addMetadata, encodeBase64, listBytes } from "./fields.ts";
import type { Refusal, Request } from "./request.ts";
import { encodeStatusText } from "../status_text.ts";

const PLAIN: FieldList = [":status", "200", "content-type", "application/grpc"];
const ENCODED: ReadonlyMap<string, FieldList> = new Map(
  ["gzip", "deflate"].map((encoding) => [encoding, [...PLAIN, "grpc-encoding", encoding]]),
);
// The message stands there even if it is empty: as Kitex sends it.
const OK: FieldList = ["grpc-status", "0", "grpc-message", ""];

/** The most that the kit's own fields of a header take, as HTTP/2 counts it. */
export const HEADER_OWN_BYTES: number = listBytes(ENCODED.get("deflate")!);
/** The most that the kit's own fields of trailers take but for the text, where header and trailers are one. */
export const TRAILER_OWN_BYTES: number = listBytes([...PLAIN, "grpc-status", "16", "grpc-accept-encoding", ACCEPTED]);

/** The fields that a response begins with. */
export function responseFields(encoding: string | undefined): FieldList {
  return encoding === undefined ? PLAIN : ENCODED.get(encoding)!;
}

/** The answer to a request that is none of gRPC: for people. */
export function plainAnswer({ http, message }: Refusal): { fields: FieldList; body: Uint8Array } {
  const allow = http === 405 ? ["allow", "POST"] : [];
  const fields = [":status", String(http), "content-type", "text/plain; charset=utf-8", ...allow];
  return { fields, body: new TextEncoder().encode(`${message}\n`) };
}

/**
 * The fields that end a response.
 *
 * @param status How the call ended.
 * @param only Whether nothing was sent before: header and trailers are one then.
 * @param request What is answered.
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
