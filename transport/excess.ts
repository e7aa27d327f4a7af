import { RpcError } from "../rpc/error.ts";
import type { Metadata } from "../rpc/metadata.ts";
import { Status } from "../rpc/status.ts";
import { cutStatusText } from "./status_text.ts";
import type { CallStatus, Limits } from "./transport.ts";

/**
 * Returns the error for a message that is too large; undefined if it is not.
 *
 * @param bytes The length of the message.
 * @param limits The limits of this side.
 * @param option The limit that applies to the direction of the message.
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
 * Returns the error for metadata with too many or too large fields; undefined if it is within the limits.
 *
 * @param metadata The header or trailer fields.
 * @param limits The limits of this side.
 * @param subject What the message calls them, such as `"the header"`.
 */
export function metadataExcess(metadata: Metadata, limits: Limits, subject: string): RpcError | undefined {
  return sizeExcess(metadata.size, metadata.bytes, limits, subject);
}

/**
 * Returns the error for fields that exceed the peer's announced limit; undefined if they do not. If they were sent, the
 * peer might reset the call without a reason or close the connection.
 *
 * @param bytes The size of all fields, as HTTP/2 counts it.
 * @param peerBytes The limit that the peer announced, in octets.
 * @param subject What the message calls the fields, such as `"the header"`.
 */
export function peerExcess(bytes: number, peerBytes: number, subject: string): RpcError | undefined {
  if (bytes <= peerBytes) return undefined;
  return exhausted(
    `${subject} has ${bytes} bytes, and the peer takes ${peerBytes} (its SETTINGS_MAX_HEADER_LIST_SIZE)`,
  );
}

/**
 * Returns the status cut down to the limits. A text that is too long is truncated and keeps its code, which is more
 * useful than an error about the limit. A trailer that is too large is dropped from an error; with success, it changes
 * the status to RESOURCE_EXHAUSTED.
 *
 * @param status The status with its message and details, which are trailer fields too.
 * @param limits The limits of this side.
 * @param peerBytes The octets that the peer accepts in addition to the transport's own fields. Infinity by default.
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

/** Returns the status without its trailer and details, which exceed a limit. The text has at most `room` octets. */
export function withoutTrailer({ code, message }: CallStatus, room: number, excess: RpcError): CallStatus {
  const text = code === Status.OK || !message ? excess.rawMessage : `${message} (${excess.rawMessage})`;
  return { code: code === Status.OK ? excess.code : code, message: cutStatusText(text, room) };
}

/** Does what {@linkcode metadataExcess} does, for fields whose number and size are known. */
export function sizeExcess(entries: number, bytes: number, limits: Limits, subject: string): RpcError | undefined {
  if (entries > limits.metadataEntries) {
    return exhausted(
      `${subject} has ${entries} fields, over the limit of ${limits.metadataEntries} (limits.metadataEntries)`,
    );
  }
  if (bytes <= limits.metadataBytes) return undefined;
  return exhausted(`${subject} has ${bytes} bytes, over the limit of ${limits.metadataBytes} (limits.metadataBytes)`);
}

const exhausted = (text: string) => new RpcError(Status.RESOURCE_EXHAUSTED, text);
