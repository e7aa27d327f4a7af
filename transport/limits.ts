import { RpcError } from "../rpc/error.ts";
import type { Metadata } from "../rpc/metadata.ts";
import { Status } from "../rpc/status.ts";
import type { CallStatus, Limits } from "./transport.ts";

/**
 * Says why a message is too large, or undefined if it is not.
 *
 * @param bytes Its length.
 * @param limits The bounds of the side that asks.
 * @param option The bound: of what is sent, or of what is received.
 */
export function messageExcess(
  bytes: number,
  limits: Limits,
  option: "sendMessageBytes" | "receiveMessageBytes",
): RpcError | undefined {
  if (bytes <= limits[option]) return undefined;
  return exhausted(`a message has ${bytes} bytes, over the limit of ${limits[option]} (limits.${option})`);
}

/**
 * Says why fields are too many or too large, or undefined if they are not.
 *
 * @param metadata The header or trailer fields.
 * @param limits The bounds of the side that asks.
 * @param what Their name in the text, such as `"the header"`.
 */
export function metadataExcess(metadata: Metadata, limits: Limits, what: string): RpcError | undefined {
  return excess(metadata.size, metadata.bytes, limits, what);
}

/**
 * Says why the trailers that a status makes are too many or too large, or undefined if they are not.
 *
 * @param status The status with its message and details, which are trailer fields too.
 * @param limits The bounds of the side that asks.
 */
export function statusExcess(status: CallStatus, limits: Limits): RpcError | undefined {
  const { trailer, message, details } = status;
  if (!trailer && !message && !details) return undefined;
  const text = message && 32 + "grpc-message".length + encodeURI(message.toWellFormed()).length;
  const bytes = details ? 32 + "grpc-status-details-bin".length + Math.ceil(details.length * 4 / 3) : 0;
  return excess(trailer?.size ?? 0, (trailer?.bytes ?? 0) + (text || 0) + bytes, limits, "the trailer");
}

function excess(entries: number, bytes: number, limits: Limits, what: string): RpcError | undefined {
  if (entries > limits.metadataEntries) {
    return exhausted(
      `${what} has ${entries} fields, over the limit of ${limits.metadataEntries} (limits.metadataEntries)`,
    );
  }
  if (bytes <= limits.metadataBytes) return undefined;
  return exhausted(`${what} has ${bytes} bytes, over the limit of ${limits.metadataBytes} (limits.metadataBytes)`);
}

const exhausted = (text: string) => new RpcError(Status.RESOURCE_EXHAUSTED, text);
