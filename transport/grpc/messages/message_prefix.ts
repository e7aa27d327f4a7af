import { RpcError } from "../../../rpc/error.ts";
import { Status } from "../../../rpc/status.ts";

/** The octets before each message: a flag for compression, and the length. */
export const PREFIX_BYTES = 5;

/** Returns why a message with this prefix can't be read; undefined if it can. */
export function prefixProblem(
  flag: number,
  length: number,
  encoding: string | undefined,
  limit: number,
): RpcError | undefined {
  if (flag > 1) return new RpcError(Status.INTERNAL, `a message with the flags ${flag}, which gRPC does not know`);
  if (flag === 1 && (encoding === undefined || encoding === "identity")) {
    return new RpcError(Status.INTERNAL, "a compressed message, and no grpc-encoding says how");
  }
  if (length <= limit) return undefined;
  const text = `a message has ${length} bytes, over the limit of ${limit} (limits.receiveMessageBytes)`;
  return new RpcError(Status.RESOURCE_EXHAUSTED, text);
}

/** Returns whether these octets are one complete message with its prefix. */
export function isOneMessage(buf: Uint8Array, start: number, end: number): boolean {
  if (end - start < PREFIX_BYTES) return false;
  const length = buf[start + 1]! * 2 ** 24 + (buf[start + 2]! << 16 | buf[start + 3]! << 8 | buf[start + 4]!);
  return length === end - start - PREFIX_BYTES;
}
