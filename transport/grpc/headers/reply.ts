/**
 * Interprets the fields of a response.
 *
 * @module
 */

import { RpcError } from "../../../rpc/error.ts";
import { excerpt, quotedExcerpt } from "../../../base/text/excerpt.ts";
import type { Metadata } from "../../../rpc/metadata.ts";
import { Status } from "../../../rpc/status.ts";
import { ErrorCode } from "../../http2/protocol/error.ts";
import type { FieldList } from "../../http2/hpack/field_list.ts";
import { NotGrpcError } from "../../not_grpc_error.ts";
import type { CallStatus } from "../../transport.ts";
import { isKnownEncoding } from "../messages/compression.ts";
import { decodeBase64, metadataOf } from "./headers.ts";
import { isGrpc } from "./request.ts";
import { decodeStatusText } from "../../status_text.ts";

/** Returns the first value of a field. */
function valueOf(fields: FieldList, name: string): string | undefined {
  for (let i = 0; i < fields.length; i += 2) if (fields[i] === name) return fields[i + 1];
  return undefined;
}

/** Returns the encoding of the messages that follow. */
export const encodingOf = (fields: FieldList): string | undefined => valueOf(fields, "grpc-encoding");

/** Returns whether the header is the whole response, and contains the status. */
export const isTrailersOnly = (fields: FieldList): boolean => valueOf(fields, "grpc-status") !== undefined;

/**
 * The status of gRPC for an HTTP status of a server that is not gRPC.
 *
 * @see https://github.com/grpc/grpc/blob/master/doc/http-grpc-status-mapping.md
 */
const HTTP_STATUS: ReadonlyMap<string, Status> = new Map([
  ["400", Status.INTERNAL],
  ["401", Status.UNAUTHENTICATED],
  ["403", Status.PERMISSION_DENIED],
  ["404", Status.UNIMPLEMENTED],
  ["429", Status.UNAVAILABLE],
  ["502", Status.UNAVAILABLE],
  ["503", Status.UNAVAILABLE],
  ["504", Status.UNAVAILABLE],
]);

/**
 * Returns why the header of a response is not gRPC's; undefined if it is. Not to be called if
 * {@linkcode isTrailersOnly}.
 */
export function headerProblem(fields: FieldList): RpcError | undefined {
  const http = fields[1]!; // :status comes first
  const type = valueOf(fields, "content-type") ?? "";
  if (http !== "200") {
    const text = `the server answers with HTTP status ${excerpt(http)} and content-type ${quotedExcerpt(type)}`;
    return new RpcError(HTTP_STATUS.get(http) ?? Status.UNKNOWN, text, { cause: new NotGrpcError(http, type) });
  }
  if (!isGrpc(type)) {
    const text = `the server answers with content-type ${quotedExcerpt(type)}, which is not gRPC`;
    return new RpcError(Status.UNKNOWN, text, { cause: new NotGrpcError(http, type) });
  }
  const encoding = encodingOf(fields);
  if (encoding !== undefined && !isKnownEncoding(encoding)) {
    return new RpcError(Status.INTERNAL, `the server's grpc-encoding ${quotedExcerpt(encoding)} is not supported`);
  }
  return undefined;
}

/**
 * Returns the status in the trailers.
 *
 * @param textBytes The maximum length of the status text on the wire, in octets: the rest is cut off.
 */
export function statusOf(
  fields: FieldList,
  textBytes: number = Infinity,
  trailer: Metadata = metadataOf(fields),
): CallStatus {
  const status = valueOf(fields, "grpc-status");
  if (status === undefined || !/^\d{1,9}$/.test(status)) {
    const problem = status === undefined ? "no grpc-status" : `the grpc-status ${quotedExcerpt(status)}`;
    return { code: Status.UNKNOWN, message: `the server sent ${problem} in its trailers`, trailer };
  }
  const text = valueOf(fields, "grpc-message") ?? "";
  const details = valueOf(fields, "grpc-status-details-bin");
  return {
    code: Number(status),
    message: decodeStatusText(text.length > textBytes ? `${text.slice(0, textBytes)}...` : text),
    trailer,
    details: details === undefined ? undefined : decodeBase64(details),
  };
}

/**
 * Returns the status of a call whose stream was reset.
 *
 * @see https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md#errors
 */
export function statusOfReset(code: ErrorCode, why: string): CallStatus {
  const name = ErrorCode[code] ?? `code ${code}`;
  const message = why ? `the server broke HTTP/2: ${why}` : `the server reset the call: ${name}`;
  switch (why ? ErrorCode.INTERNAL_ERROR : code) {
    case ErrorCode.REFUSED_STREAM:
      return { code: Status.UNAVAILABLE, message, unprocessed: "refused" };
    case ErrorCode.CANCEL:
      return { code: Status.CANCELLED, message };
    case ErrorCode.ENHANCE_YOUR_CALM:
      return { code: Status.RESOURCE_EXHAUSTED, message };
    case ErrorCode.INADEQUATE_SECURITY:
      return { code: Status.PERMISSION_DENIED, message };
    default:
      return { code: Status.INTERNAL, message };
  }
}
