import { deflateSync, gunzipSync, gzipSync, inflateSync } from "node:zlib";
import { RpcError } from "../../../rpc/error.ts";
import { Status } from "../../../rpc/status.ts";

/**
 * The supported encodings of messages, for `grpc-accept-encoding`. A Kitex server without gzip fails calls whose list
 * lacks `identity`.
 */
export const ACCEPTED = "identity,gzip,deflate";

/** Returns whether an encoding is supported. */
export function isKnownEncoding(name: string): boolean {
  return name === "identity" || name === "gzip" || name === "deflate";
}

/** Compresses a message. */
export function compress(encoding: string, message: Uint8Array): Uint8Array {
  return encoding === "gzip" ? gzipSync(message) : deflateSync(message);
}

/**
 * Decompresses a message.
 *
 * @param limit The maximum size of the result, in octets. Decompression never produces more.
 * @throws {RpcError} RESOURCE_EXHAUSTED if the result exceeds the limit, INTERNAL if the message is damaged.
 */
export function decompress(encoding: string, message: Uint8Array, limit: number): Uint8Array {
  try {
    const options = { maxOutputLength: Math.min(limit, Number.MAX_SAFE_INTEGER) };
    const { buffer, byteOffset, length } = encoding === "gzip"
      ? gunzipSync(message, options)
      : inflateSync(message, options);
    return new Uint8Array(buffer, byteOffset, length);
  } catch (cause) {
    if ((cause as { code?: string }).code === "ERR_BUFFER_TOO_LARGE") {
      const text = `a message has more than ${limit} bytes when decompressed (limits.receiveMessageBytes)`;
      throw new RpcError(Status.RESOURCE_EXHAUSTED, text, { cause });
    }
    throw new RpcError(Status.INTERNAL, `a message that is not valid ${encoding}`, { cause });
  }
}
