import type { MessageType } from "./service.ts";

/** A value as `JSON.parse` returns it. */
export type JsonValue = null | boolean | number | string | JsonValue[] | { [name: string]: JsonValue };

/** Options for reading a message from JSON. */
export interface JsonReadOptions {
  /**
   * Ignores fields and enum names that the type does not have.
   * @default {false}
   */
  readonly ignoreUnknownFields?: boolean;
  /** The types that a `google.protobuf.Any` may hold, in addition to those of the .proto and its imports. */
  readonly types?: readonly MessageType<unknown>[];
  /**
   * The maximum memory of the message, as an estimate in bytes. A larger message is rejected with an RpcError
   * RESOURCE_EXHAUSTED.
   * @default {67108864}
   */
  readonly decodedMessageBytes?: number;
}

/** Options for writing a message as JSON. */
export interface JsonWriteOptions {
  /**
   * Also writes fields without presence that have their default value.
   * @default {false}
   */
  readonly emitDefaults?: boolean;
  /** The types that a `google.protobuf.Any` may hold, in addition to those of the .proto and its imports. */
  readonly types?: readonly MessageType<unknown>[];
}
