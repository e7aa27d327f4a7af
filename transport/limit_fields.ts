import { defaultsOf, given, type Leaf, or, orInfinity, type Section, whole } from "../base/options/fields.ts";
import { DECODED_MESSAGE_BYTES } from "../rpc/service.ts";
import type { Limits } from "./transport.ts";

/** A limit: a whole number, or infinity for no limit. */
const limit = (fallback: number, unit = ""): Leaf<number> => or(orInfinity(whole(1, unit)), fallback);
const bytes = (fallback: number) => limit(fallback, "bytes");
const milliseconds = (fallback: number) => limit(fallback, "milliseconds");

/** The declaration of {@linkcode Limits}. */
export const LIMITS: Section<Limits> = given<Limits>({
  receiveMessageBytes: bytes(4 * 1024 * 1024),
  decodedMessageBytes: bytes(DECODED_MESSAGE_BYTES),
  sendMessageBytes: bytes(4 * 1024 * 1024),
  metadataBytes: bytes(8 * 1024),
  metadataEntries: limit(100),
  concurrentStreams: limit(100),
  connections: limit(10_000),
  connectionBufferBytes: bytes(32 * 1024 * 1024),
  bufferBytes: bytes(128 * 1024 * 1024),
  headerBlockFrames: limit(16),
  controlFrames: limit(1000),
  resets: limit(500),
  pingInterval: milliseconds(10_000),
  handshakeTimeout: milliseconds(10_000),
  headersTimeout: milliseconds(10_000),
  idleTimeout: milliseconds(300_000),
  stallTimeout: milliseconds(300_000),
  connectionAge: milliseconds(Infinity),
  connectionAgeGrace: milliseconds(10_000),
  keepaliveInterval: milliseconds(60_000),
  keepaliveTimeout: milliseconds(20_000),
  silenceTimeout: milliseconds(1000),
}, "{ receiveMessageBytes: 4194304 }");

/** The default of each limit. */
export const DEFAULT_LIMITS = defaultsOf(LIMITS) as Readonly<Limits>;

/** Returns the defaults overridden by `limits`, which are valid. */
export function limitsOf(limits: Partial<Limits> = {}): Limits {
  const all = { ...DEFAULT_LIMITS, ...limits };
  // Otherwise users who allow larger messages, such as parts of files, would have to raise both limits.
  all.decodedMessageBytes = limits.decodedMessageBytes ??
    Math.max(all.decodedMessageBytes, 2 * all.receiveMessageBytes);
  return all;
}
