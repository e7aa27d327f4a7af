import type { ErrorDetail } from "../rpc/error.ts";
import type { MessageType } from "../rpc/service.ts";
import { messageType, protoFile } from "./file.ts";

interface RpcStatus {
  code: number;
  message: string;
  details: { typeUrl: string; value: Uint8Array }[];
}

const field = (type: string, id: number, rule?: "repeated") => ({ type, id, rule });

const STATUS: MessageType<RpcStatus> = messageType(
  protoFile("google/rpc/status.proto", {
    nested: {
      google: {
        nested: {
          rpc: {
            edition: "proto3",
            nested: {
              Detail: { edition: "proto3", fields: { typeUrl: field("string", 1), value: field("bytes", 2) } },
              Status: {
                edition: "proto3",
                fields: {
                  code: field("int32", 1),
                  message: field("string", 2),
                  details: field("Detail", 3, "repeated"),
                },
              },
            },
          },
        },
      },
    },
  }),
  "google.rpc.Status",
);
const PREFIX = "type.googleapis.com/";

/** The bytes of `grpc-status-details-bin`: a `google.rpc.Status` message. */
export function encodeStatusDetails(code: number, message: string, details: readonly ErrorDetail[]): Uint8Array {
  return STATUS.encode({
    code,
    message,
    details: details.map(({ type, value }) => ({ typeUrl: PREFIX + type, value })),
  });
}

/** Reads the bytes of `grpc-status-details-bin`. */
export function decodeStatusDetails(bytes: Uint8Array): { code: number; message: string; details: ErrorDetail[] } {
  const { code, message, details } = STATUS.decode(bytes);
  return {
    code,
    message,
    details: details.map(({ typeUrl, value }) => ({ type: typeUrl.slice(typeUrl.lastIndexOf("/") + 1), value })),
  };
}
