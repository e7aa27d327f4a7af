import { decodeStatusDetails } from "../../codec/status_details.ts";
import { BizError, type ErrorDetail, RpcError } from "../../rpc/error.ts";
import { Metadata } from "../../rpc/metadata.ts";
import { PUSHBACK } from "../../rpc/retry_fields.ts";
import { Status } from "../../rpc/status.ts";
import type { CallStatus } from "../../transport/transport.ts";

/**
 * The error for how a call ended: a {@linkcode BizError} where the server sent one as Kitex does, else an {@linkcode RpcError}.
 *
 * @param status What came in the trailers. Its code is not OK.
 * @param path The method's path.
 * @param note What else the caller is told.
 */
export function errorOf(status: CallStatus, path: string, note?: string): RpcError | BizError {
  const trailer = status.trailer ?? new Metadata();
  if (isBiz(status)) {
    return new BizError(Number(trailer.get("biz-status")), status.message, extraOf(trailer.get("biz-extra")));
  }
  // It was said to this client: an application that throws the error on must not say it to its own caller.
  trailer.delete(PUSHBACK);
  return new RpcError(codeOf(status), status.message, {
    path,
    note,
    metadata: trailer,
    details: detailsOf(status),
  });
}

/** Whether a server answered with an error of the business, as Kitex does. */
export function isBiz({ trailer }: CallStatus): boolean {
  const biz = trailer?.get("biz-status");
  return biz !== undefined && /^-?\d+$/.test(biz) && (Number(biz) | 0) === Number(biz) && Number(biz) !== 0;
}

/** Kitex answers an unknown method with 1 and an unknown service with 20; what gRPC does not define is UNKNOWN. */
export function codeOf({ code, message }: CallStatus): Status {
  const kitexUnknown = /unknown (service|method)/i.test(message) &&
    ((code as number) === 20 || code === Status.CANCELLED);
  if (kitexUnknown) return Status.UNIMPLEMENTED;
  return code === Status.OK || Status[code] === undefined ? Status.UNKNOWN : code;
}

function detailsOf({ details }: CallStatus): readonly ErrorDetail[] {
  if (details === undefined) return [];
  try {
    return decodeStatusDetails(details).details;
  } catch {
    return []; // the status itself is what counts
  }
}

function extraOf(json: string | undefined): Record<string, string> {
  const extra: Record<string, string> = Object.create(null);
  try {
    const parsed: unknown = JSON.parse(json ?? "{}");
    if (typeof parsed !== "object" || parsed === null) return extra;
    for (const [key, value] of Object.entries(parsed)) extra[key] = String(value);
  } catch {
    // not ours to judge: the code and message are there
  }
  return extra;
}
