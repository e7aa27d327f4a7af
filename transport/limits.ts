import { RpcError } from "../rpc/error.ts";
import type { Metadata } from "../rpc/metadata.ts";
import { Status } from "../rpc/status.ts";
import { cutStatusText } from "./status_text.ts";
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
  return sizeExcess(metadata.size, metadata.bytes, limits, what);
}

/**
 * The status as it fits into the limits: a text that is too long is cut, for its code tells more than that a limit was passed. A trailer that is
 * too large goes in the same way from an error, but turns success into RESOURCE_EXHAUSTED.
 *
 * @param status The status with its message and details, which are trailer fields too.
 * @param limits The bounds of the side that asks.
 */
export function withinLimits(status: CallStatus, limits: Limits): CallStatus {
  const { trailer, message, details } = status;
  if (!trailer && !message && !details) return status;
  const bytes = details ? 32 + "grpc-status-details-bin".length + Math.ceil(details.length * 4 / 3) : 0;
  const excess = sizeExcess(trailer?.size ?? 0, (trailer?.bytes ?? 0) + bytes, limits, "the trailer");
  if (excess) return withoutTrailer(status, limits, excess);
  const room = limits.metadataBytes - (trailer?.bytes ?? 0) - bytes - 32 - "grpc-message".length;
  const text = cutStatusText(message, room);
  return text === message ? status : { ...status, message: text };
}

/** The status without its trailer and details, which pass a limit. */
export function withoutTrailer({ code, message }: CallStatus, limits: Limits, excess: RpcError): CallStatus {
  if (code === Status.OK) return { code: excess.code, message: excess.rawMessage };
  const text = message ? `${message} (${excess.rawMessage})` : excess.rawMessage;
  return { code, message: cutStatusText(text, limits.metadataBytes) };
}

/** The same of fields whose size is known. */
export function sizeExcess(entries: number, bytes: number, limits: Limits, what: string): RpcError | undefined {
  if (entries > limits.metadataEntries) {
    return exhausted(
      `${what} has ${entries} fields, over the limit of ${limits.metadataEntries} (limits.metadataEntries)`,
    );
  }
  if (bytes <= limits.metadataBytes) return undefined;
  return exhausted(`${what} has ${bytes} bytes, over the limit of ${limits.metadataBytes} (limits.metadataBytes)`);
}

const exhausted = (text: string) => new RpcError(Status.RESOURCE_EXHAUSTED, text);
