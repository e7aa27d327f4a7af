import { RpcError } from "../../../rpc/error.ts";
import { Metadata } from "../../../rpc/metadata.ts";
import { Status } from "../../../rpc/status.ts";
import { withoutTrailer } from "../../excess.ts";
import type { FieldList } from "../../http2/hpack/field_list.ts";
import type { CallStatus, Limits } from "../../transport.ts";
import { fieldsExcess } from "./headers.ts";
import { isTrailersOnly, statusOf } from "./reply.ts";

const NO_METADATA = new Metadata();

/**
 * Returns the error if the fields of a response exceed the limits; undefined if they do not.
 *
 * @param exceeded Whether HTTP/2 has already removed fields because of the limits.
 * @param subject The name of the fields, for the error.
 */
export function excessOf(fields: FieldList, exceeded: boolean, limits: Limits, subject: string): RpcError | undefined {
  if (!exceeded) return fieldsExcess(fields, limits, subject);
  const text = `${subject} has more fields or longer ones than limits.metadataEntries and limits.metadataBytes allow`;
  return new RpcError(Status.RESOURCE_EXHAUSTED, text);
}

/**
 * Returns the status in the trailers of a response. If they exceed the limits, a failure keeps its code and its text,
 * and a success becomes an error.
 */
export function statusWithin(fields: FieldList, exceeded: boolean, limits: Limits): CallStatus | RpcError {
  const excess = excessOf(fields, exceeded, limits, "the trailer");
  if (!excess) return statusOf(fields, limits.metadataBytes);
  // Some fields are missing because of the limits, and the status may be one of them.
  const status = isTrailersOnly(fields) ? statusOf(fields, limits.metadataBytes, NO_METADATA) : undefined;
  if (status === undefined || status.code === Status.OK) return excess;
  return withoutTrailer(status, limits.metadataBytes, excess);
}
