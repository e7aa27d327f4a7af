import type { MessageType } from "./service.ts";

/** A value as `JSON.parse` gives it. */
export type JsonValue = null | boolean | number | string | JsonValue[] | { [name: string]: JsonValue };

/** How a message is read from JSON. */
export interface JsonReadOptions {
  /** Passes over fields and names of enums that the type does not know. @default {false} */
  readonly ignoreUnknownFields?: boolean;
  /** What a `google.protobuf.Any` may hold, beside the types of the .proto and its imports. */
  readonly types?: readonly MessageType<unknown>[];
  /**
   * The most memory that the message may take, in bytes, as estimated. Past it: an RpcError with RESOURCE_EXHAUSTED.
   * @default {67108864}
   */
  readonly decodedMessageBytes?: number;
}

/** How a message is written as JSON. */
export interface JsonWriteOptions {
  /** Writes fields without presence also where they have their default. @default {false} */
  readonly emitDefaults?: boolean;
  /** What a `google.protobuf.Any` may hold, beside the types of the .proto and its imports. */
  readonly types?: readonly MessageType<unknown>[];
}
