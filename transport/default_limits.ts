import { checkNames, checkNumber, checkObject } from "../base/option_checks.ts";
import { DECODED_MESSAGE_BYTES } from "../rpc/service.ts";
import type { Limits } from "./transport.ts";

/** The default of each limit. */
export const DEFAULT_LIMITS: Readonly<Limits> = {
  receiveMessageBytes: 4 * 1024 * 1024,
  decodedMessageBytes: DECODED_MESSAGE_BYTES,
  sendMessageBytes: 4 * 1024 * 1024,
  metadataBytes: 8 * 1024,
  metadataEntries: 100,
  concurrentStreams: 100,
  connections: 10_000,
  connectionBufferBytes: 32 * 1024 * 1024,
  bufferBytes: 128 * 1024 * 1024,
  headerBlockFrames: 16,
  controlFrames: 1000,
  resets: 500,
  pingInterval: 10_000,
  handshakeTimeout: 10_000,
  headersTimeout: 10_000,
  idleTimeout: 300_000,
  stallTimeout: 300_000,
  connectionAge: Infinity,
  connectionAgeGrace: 10_000,
  keepaliveInterval: 60_000,
  keepaliveTimeout: 20_000,
  silenceTimeout: 1000,
};

/**
 * Returns the defaults overridden by `limits`.
 *
 * @param who The function that was given the limits, for the message.
 * @throws {TypeError} If a limit is unknown or not a number.
 * @throws {RangeError} If a limit is below 1.
 */
export function limitsOf(who: string, limits: Partial<Limits> = {}): Limits {
  checkObject(`${who}: limits`, limits, "{ receiveMessageBytes: 4194304 }");
  checkNames(`${who}: limits`, limits, Object.keys(DEFAULT_LIMITS));
  const all = { ...DEFAULT_LIMITS, ...limits };
  // Otherwise users who allow larger messages, such as parts of files, would have to raise both limits.
  all.decodedMessageBytes = limits.decodedMessageBytes ??
    Math.max(all.decodedMessageBytes, 2 * all.receiveMessageBytes);
  for (const [name, value] of Object.entries(all)) {
    if (value !== Infinity) checkNumber(`${who}: limits.${name}`, value, 1);
  }
  return all;
}
