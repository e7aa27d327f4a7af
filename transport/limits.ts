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
 * Says why the peer would not take fields, or undefined if it takes them: it may refuse those that pass what it has
 * announced in a way that tells nobody why, or close the connection.
 *
 * @param bytes The size of all fields, as HTTP/2 counts it.
 * @param peerBytes The limit that the peer has announced, in octets.
 * @param what Their name in the text, such as `"the header"`.
 */
export function peerExcess(bytes: number, peerBytes: number, what: string): RpcError | undefined {
  if (bytes <= peerBytes) return undefined;
  return exhausted(`${what} has ${bytes} bytes, and the peer takes ${peerBytes} (its SETTINGS_MAX_HEADER_LIST_SIZE)`);
}

/**
 * The status as it fits into the limits: a text that is too long is cut, for its code tells more than that a limit was
 * passed. A trailer that is too large goes in the same way from an error, but turns success into RESOURCE_EXHAUSTED.
 *
 * @param status The status with its message and details, which are trailer fields too.
 * @param limits The bounds of the side that asks.
 * @param peerBytes What the peer takes beside the transport's own fields, in octets. Infinity by default.
 */
export function withinLimits(status: CallStatus, limits: Limits, peerBytes = Infinity): CallStatus {
  const { trailer, message, details } = status;
  if (!trailer && !message && !details) return status;
  const bytes = (trailer?.bytes ?? 0) +
    (details ? 32 + "grpc-status-details-bin".length + Math.ceil(details.length * 4 / 3) : 0);
  const excess = sizeExcess(trailer?.size ?? 0, bytes, limits, "the trailer") ??
    (bytes === 0 ? undefined : peerExcess(bytes, peerBytes, "the trailer"));
  const room = Math.min(limits.metadataBytes, peerBytes);
  if (excess) return withoutTrailer(status, room, excess);
  const text = cutStatusText(message, room - bytes - 32 - "grpc-message".length);
  return text === message ? status : { ...status, message: text };
}

/** The status without its trailer and details, which pass a limit. The text has at most `room` octets. */
export function withoutTrailer({ code, message }: CallStatus, room: number, excess: RpcError): CallStatus {
  const text = code === Status.OK || !message ? excess.rawMessage : `${message} (${excess.rawMessage})`;
  return { code: code === Status.OK ? excess.code : code, message: cutStatusText(text, room) };
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
