/**
 * The messages of google/protobuf/*.proto, as ordinary messages.
 *
 * @see https://protobuf.dev/reference/protobuf/google.protobuf/
 *
 * @module
 */

import { protobuf } from "../deps.ts";
import type { MessageType } from "../rpc/service.ts";
import { messageType, type ProtoDescriptor, type ProtoFile, protoFile } from "./file.ts";

/** A file that comes with protobufjs. */
function common(name: string): ProtoFile {
  const file = `google/protobuf/${name}.proto`;
  return protoFile(file, protobuf.common.get(file) as ProtoDescriptor);
}

/** The descriptor of google/protobuf/any.proto. */
export const ANY_PROTO: ProtoFile = protoFile("google/protobuf/any.proto", {
  // Not that of protobufjs, which does not have its field in camel case.
  nested: {
    google: {
      nested: {
        protobuf: {
          nested: {
            Any: {
              fields: { typeUrl: { type: "string", id: 1, protoName: "type_url" }, value: { type: "bytes", id: 2 } },
            },
          },
        },
      },
    },
  },
});
/** The descriptor of google/protobuf/duration.proto. */
export const DURATION_PROTO: ProtoFile = common("duration");
/** The descriptor of google/protobuf/empty.proto. */
export const EMPTY_PROTO: ProtoFile = common("empty");
/** The descriptor of google/protobuf/field_mask.proto. */
export const FIELD_MASK_PROTO: ProtoFile = common("field_mask");
/** The descriptor of google/protobuf/struct.proto. */
export const STRUCT_PROTO: ProtoFile = common("struct");
/** The descriptor of google/protobuf/timestamp.proto. */
export const TIMESTAMP_PROTO: ProtoFile = common("timestamp");
/** The descriptor of google/protobuf/wrappers.proto. */
export const WRAPPERS_PROTO: ProtoFile = common("wrappers");

/** Any message, with its type. */
export interface Any {
  /** Its type, such as `"type.googleapis.com/echo.Req"`. */
  typeUrl: string;
  /** The encoded message. */
  value: Uint8Array;
}
/** Encodes and decodes {@linkcode Any}. */
export const Any: MessageType<Any> = messageType(ANY_PROTO, "google.protobuf.Any");

/** A span of time. Both fields have the same sign. */
export interface Duration {
  /** Whole seconds. */
  seconds: bigint;
  /** Nanoseconds beyond them, from -999,999,999 to 999,999,999. */
  nanos: number;
}
/** Encodes and decodes {@linkcode Duration}. */
export const Duration: MessageType<Duration> = messageType(DURATION_PROTO, "google.protobuf.Duration");

/** A message without fields. */
export type Empty = Record<never, never>;
/** Encodes and decodes {@linkcode Empty}. */
export const Empty: MessageType<Empty> = messageType(EMPTY_PROTO, "google.protobuf.Empty");

/** Names of fields of a message. */
export interface FieldMask {
  /** The paths, such as `"user.name"`. */
  paths: string[];
}
/** Encodes and decodes {@linkcode FieldMask}. */
export const FieldMask: MessageType<FieldMask> = messageType(FIELD_MASK_PROTO, "google.protobuf.FieldMask");

/** A point in time. */
export interface Timestamp {
  /** Seconds since 1970-01-01T00:00:00Z. */
  seconds: bigint;
  /** Nanoseconds beyond them, from 0 to 999,999,999. */
  nanos: number;
}
/** Encodes and decodes {@linkcode Timestamp}. */
export const Timestamp: MessageType<Timestamp> = messageType(TIMESTAMP_PROTO, "google.protobuf.Timestamp");

/** A JSON object. */
export interface Struct {
  /** Its properties. */
  fields: Map<string, Value>;
}
/** Encodes and decodes {@linkcode Struct}. */
export const Struct: MessageType<Struct> = messageType(STRUCT_PROTO, "google.protobuf.Struct");

/** The null of JSON. */
export enum NullValue {
  /** Null. */
  NULL_VALUE = 0,
}

/** A JSON value. */
export interface Value {
  /** Which of JSON's kinds it is. */
  kind?:
    | { case: "nullValue"; value: NullValue }
    | { case: "numberValue"; value: number }
    | { case: "stringValue"; value: string }
    | { case: "boolValue"; value: boolean }
    | { case: "structValue"; value: Struct }
    | { case: "listValue"; value: ListValue };
}
/** Encodes and decodes {@linkcode Value}. */
export const Value: MessageType<Value> = messageType(STRUCT_PROTO, "google.protobuf.Value");

/** A JSON array. */
export interface ListValue {
  /** Its elements. */
  values: Value[];
}
/** Encodes and decodes {@linkcode ListValue}. */
export const ListValue: MessageType<ListValue> = messageType(STRUCT_PROTO, "google.protobuf.ListValue");

/** A scalar that can be absent, as its message. */
export interface Wrapper<T> {
  /** The scalar. */
  value: T;
}
/** A double that can be absent. */
export type DoubleValue = Wrapper<number>;
/** Encodes and decodes {@linkcode DoubleValue}. */
export const DoubleValue: MessageType<DoubleValue> = messageType(WRAPPERS_PROTO, "google.protobuf.DoubleValue");
/** A float that can be absent. */
export type FloatValue = Wrapper<number>;
/** Encodes and decodes {@linkcode FloatValue}. */
export const FloatValue: MessageType<FloatValue> = messageType(WRAPPERS_PROTO, "google.protobuf.FloatValue");
/** An int64 that can be absent. */
export type Int64Value = Wrapper<bigint>;
/** Encodes and decodes {@linkcode Int64Value}. */
export const Int64Value: MessageType<Int64Value> = messageType(WRAPPERS_PROTO, "google.protobuf.Int64Value");
/** A uint64 that can be absent. */
export type UInt64Value = Wrapper<bigint>;
/** Encodes and decodes {@linkcode UInt64Value}. */
export const UInt64Value: MessageType<UInt64Value> = messageType(WRAPPERS_PROTO, "google.protobuf.UInt64Value");
/** An int32 that can be absent. */
export type Int32Value = Wrapper<number>;
/** Encodes and decodes {@linkcode Int32Value}. */
export const Int32Value: MessageType<Int32Value> = messageType(WRAPPERS_PROTO, "google.protobuf.Int32Value");
/** A uint32 that can be absent. */
export type UInt32Value = Wrapper<number>;
/** Encodes and decodes {@linkcode UInt32Value}. */
export const UInt32Value: MessageType<UInt32Value> = messageType(WRAPPERS_PROTO, "google.protobuf.UInt32Value");
/** A bool that can be absent. */
export type BoolValue = Wrapper<boolean>;
/** Encodes and decodes {@linkcode BoolValue}. */
export const BoolValue: MessageType<BoolValue> = messageType(WRAPPERS_PROTO, "google.protobuf.BoolValue");
/** A string that can be absent. */
export type StringValue = Wrapper<string>;
/** Encodes and decodes {@linkcode StringValue}. */
export const StringValue: MessageType<StringValue> = messageType(WRAPPERS_PROTO, "google.protobuf.StringValue");
/** Bytes that can be absent. */
export type BytesValue = Wrapper<Uint8Array>;
/** Encodes and decodes {@linkcode BytesValue}. */
export const BytesValue: MessageType<BytesValue> = messageType(WRAPPERS_PROTO, "google.protobuf.BytesValue");
