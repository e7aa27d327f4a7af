/**
 * Messages to bytes or JSON, and back: what generated code is made of.
 *
 * @module
 */

export { defineService, messageType, type ProtoDescriptor, type ProtoFile, protoFile } from "./file.ts";
export type { JsonReadOptions, JsonValue, JsonWriteOptions } from "../rpc/json.ts";
/** The messages of google/protobuf/*.proto. */
export * as pb from "./pb.ts";
export type {
  Bidi,
  ClientStreaming,
  DecodeBudget,
  Init,
  MessageType,
  Method,
  MethodKind,
  Methods,
  ServerStreaming,
  Service,
  Unary,
} from "../rpc/service.ts";
