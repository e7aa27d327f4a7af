import { excerpt, quotedExcerpt } from "../../../base/text/excerpt.ts";
import { Status } from "../../../rpc/status.ts";
import type { FieldList } from "../../http2/hpack/field_list.ts";
import type { Limits } from "../../transport.ts";
import { isKnownEncoding } from "../messages/compression.ts";
import { malformedMetadata, metadataSize } from "./headers.ts";
import { parseTimeout } from "./timeout.ts";

/** Why a request is rejected, with a gRPC status, and an HTTP status for callers that do not speak gRPC. */
export interface Refusal {
  readonly http?: number;
  /** The limit that the request exceeds, if that is the reason. */
  readonly limit?: keyof Limits;
  readonly code: Status;
  readonly message: string;
}

/** The content of a request's fields. */
export interface Request {
  readonly fields: FieldList;
  readonly path: string;
  /** The timeout in milliseconds; undefined if there is none. */
  readonly timeout: number | undefined;
  /** The encoding of the caller's compressed messages. */
  readonly encoding: string | undefined;
  /** The encodings that the caller accepts. */
  readonly accepts: string;
  readonly refusal: Refusal | undefined;
}

/** Reads the fields of a request that is well-formed HTTP/2. */
export function readRequest(fields: FieldList, exceeded: boolean, limits: Limits): Request {
  let [method, path, type, accepts] = ["", "", "", ""];
  let timeout: string | undefined, encoding: string | undefined;
  for (let i = 0; i < fields.length; i += 2) {
    const value = fields[i + 1]!;
    switch (fields[i]) {
      case ":method":
        method = value;
        break;
      case ":path":
        path = value;
        break;
      case "content-type":
        type = value;
        break;
      case "grpc-timeout":
        timeout = value;
        break;
      case "grpc-encoding":
        encoding = value;
        break;
      case "grpc-accept-encoding":
        accepts = value;
    }
  }
  const milliseconds = timeout === undefined ? undefined : parseTimeout(timeout);
  let refusal = exceeded ? tooMuch("more fields or longer ones", limits, "metadataBytes") : refusalOf(method, type);
  if (!refusal && timeout !== undefined && milliseconds === undefined) {
    refusal = refuse(Status.INTERNAL, `grpc-timeout is ${quotedExcerpt(timeout)}, which is no timeout`);
  }
  if (!refusal && encoding !== undefined && !isKnownEncoding(encoding)) {
    refusal = refuse(Status.UNIMPLEMENTED, `grpc-encoding ${quotedExcerpt(encoding)} is not supported`);
  }
  refusal ??= metadataRefusal(fields, limits);
  return { fields, path, timeout: milliseconds, encoding, accepts, refusal };
}

/** Returns whether the caller of a request accepts an encoding of messages. */
export function accepts({ accepts }: Request, encoding: string): boolean {
  for (let at = accepts.indexOf(encoding); at >= 0; at = accepts.indexOf(encoding, at + 1)) {
    const before = accepts[at - 1] ?? ",", behind = accepts[at + encoding.length] ?? ",";
    if (", \t".includes(before) && ", \t".includes(behind)) return true;
  }
  return false;
}

/** Returns whether a content type is gRPC with protobuf messages. */
export function isGrpc(type: string): boolean {
  return type === "application/grpc" || /^application\/grpc(?:\+proto)?(?:;.*)?$/i.test(type);
}

const refuse = (code: Status, message: string): Refusal => ({ code, message });

function refusalOf(method: string, type: string): Refusal | undefined {
  if (method !== "POST") {
    return { ...refuse(Status.INTERNAL, `gRPC is called by POST, not by ${excerpt(method)}`), http: 405 };
  }
  if (isGrpc(type)) return undefined;
  const text = `the content-type is ${quotedExcerpt(type)}; a gRPC server takes application/grpc`;
  return { ...refuse(Status.INTERNAL, text), http: 415 };
}

function metadataRefusal(fields: FieldList, limits: Limits): Refusal | undefined {
  const { entries, bytes } = metadataSize(fields);
  if (entries > limits.metadataEntries) return tooMuch(`${entries} fields`, limits, "metadataEntries");
  if (bytes > limits.metadataBytes) return tooMuch(`${bytes} bytes`, limits, "metadataBytes");
  const why = malformedMetadata(fields);
  return why === undefined ? undefined : refuse(Status.INTERNAL, why);
}

function tooMuch(size: string, { metadataEntries, metadataBytes }: Limits, limit: keyof Limits): Refusal {
  const bounds = `${metadataEntries} fields (limits.metadataEntries) and ${metadataBytes} bytes (limits.metadataBytes)`;
  return { ...refuse(Status.RESOURCE_EXHAUSTED, `the header has ${size}; the limits are ${bounds}`), limit };
}
