/**
 * The messages of google/protobuf/type.proto, api.proto and source_context.proto, which describe types and services.
 * They are those that the generator makes of the texts in codegen/load/well_known_texts.ts.
 *
 * @module
 */

import type { MessageType } from "../rpc/service.ts";
import { messageType, type ProtoFile, protoFile } from "./file.ts";
import { type Any, ANY_PROTO } from "./well_known.ts";

/** The descriptor of google/protobuf/source_context.proto. */
export const SOURCE_CONTEXT_PROTO: ProtoFile = protoFile("google/protobuf/source_context.proto", {
  "nested": {
    "google": {
      "nested": {
        "protobuf": {
          "nested": {
            "SourceContext": { "fields": { "fileName": { "type": "string", "id": 1, "protoName": "file_name" } } },
          },
        },
      },
    },
  },
});

/** The message google.protobuf.SourceContext. */
export interface SourceContext {
  /** The field file_name. */
  fileName: string;
}
/** Encodes and decodes {@linkcode SourceContext}. */
export const SourceContext: MessageType<SourceContext> = messageType(
  SOURCE_CONTEXT_PROTO,
  "google.protobuf.SourceContext",
);

/** The descriptor of google/protobuf/type.proto. */
export const TYPE_PROTO: ProtoFile = protoFile("google/protobuf/type.proto", {
  "nested": {
    "google": {
      "nested": {
        "protobuf": {
          "nested": {
            "Type": {
              "fields": {
                "name": { "type": "string", "id": 1 },
                "fields": { "rule": "repeated", "type": ".google.protobuf.Field", "id": 2 },
                "oneofs": { "rule": "repeated", "type": "string", "id": 3 },
                "options": { "rule": "repeated", "type": ".google.protobuf.Option", "id": 4 },
                "sourceContext": { "type": ".google.protobuf.SourceContext", "id": 5, "protoName": "source_context" },
                "syntax": { "type": ".google.protobuf.Syntax", "id": 6 },
                "edition": { "type": "string", "id": 7 },
              },
            },
            "Field": {
              "fields": {
                "kind": { "type": ".google.protobuf.Field.Kind", "id": 1 },
                "cardinality": { "type": ".google.protobuf.Field.Cardinality", "id": 2 },
                "number": { "type": "int32", "id": 3 },
                "name": { "type": "string", "id": 4 },
                "typeUrl": { "type": "string", "id": 6, "protoName": "type_url" },
                "oneofIndex": { "type": "int32", "id": 7, "protoName": "oneof_index" },
                "packed": { "type": "bool", "id": 8 },
                "options": { "rule": "repeated", "type": ".google.protobuf.Option", "id": 9 },
                "jsonName": { "type": "string", "id": 10, "protoName": "json_name" },
                "defaultValue": { "type": "string", "id": 11, "protoName": "default_value" },
              },
              "nested": {
                "Kind": {
                  "values": {
                    "TYPE_UNKNOWN": 0,
                    "TYPE_DOUBLE": 1,
                    "TYPE_FLOAT": 2,
                    "TYPE_INT64": 3,
                    "TYPE_UINT64": 4,
                    "TYPE_INT32": 5,
                    "TYPE_FIXED64": 6,
                    "TYPE_FIXED32": 7,
                    "TYPE_BOOL": 8,
                    "TYPE_STRING": 9,
                    "TYPE_GROUP": 10,
                    "TYPE_MESSAGE": 11,
                    "TYPE_BYTES": 12,
                    "TYPE_UINT32": 13,
                    "TYPE_ENUM": 14,
                    "TYPE_SFIXED32": 15,
                    "TYPE_SFIXED64": 16,
                    "TYPE_SINT32": 17,
                    "TYPE_SINT64": 18,
                  },
                },
                "Cardinality": {
                  "values": {
                    "CARDINALITY_UNKNOWN": 0,
                    "CARDINALITY_OPTIONAL": 1,
                    "CARDINALITY_REQUIRED": 2,
                    "CARDINALITY_REPEATED": 3,
                  },
                },
              },
            },
            "Enum": {
              "fields": {
                "name": { "type": "string", "id": 1 },
                "enumvalue": { "rule": "repeated", "type": ".google.protobuf.EnumValue", "id": 2 },
                "options": { "rule": "repeated", "type": ".google.protobuf.Option", "id": 3 },
                "sourceContext": { "type": ".google.protobuf.SourceContext", "id": 4, "protoName": "source_context" },
                "syntax": { "type": ".google.protobuf.Syntax", "id": 5 },
                "edition": { "type": "string", "id": 6 },
              },
            },
            "EnumValue": {
              "fields": {
                "name": { "type": "string", "id": 1 },
                "number": { "type": "int32", "id": 2 },
                "options": { "rule": "repeated", "type": ".google.protobuf.Option", "id": 3 },
              },
            },
            "Option": {
              "fields": { "name": { "type": "string", "id": 1 }, "value": { "type": ".google.protobuf.Any", "id": 2 } },
            },
            "Syntax": { "values": { "SYNTAX_PROTO2": 0, "SYNTAX_PROTO3": 1, "SYNTAX_EDITIONS": 2 } },
          },
        },
      },
    },
  },
}, [ANY_PROTO, SOURCE_CONTEXT_PROTO]);

/** The message google.protobuf.Type. */
export interface Type {
  /** The field name. */
  name: string;
  /** The field fields. */
  fields: Field[];
  /** The field oneofs. */
  oneofs: string[];
  /** The field options. */
  options: Option[];
  /** The field source_context. */
  sourceContext?: SourceContext;
  /** The field syntax. */
  syntax: Syntax;
  /** The field edition. */
  edition: string;
}
/** Encodes and decodes {@linkcode Type}. */
export const Type: MessageType<Type> = messageType(TYPE_PROTO, "google.protobuf.Type");

/** The message google.protobuf.Field. */
export interface Field {
  /** The field kind. */
  kind: Field_Kind;
  /** The field cardinality. */
  cardinality: Field_Cardinality;
  /** The field number. */
  number: number;
  /** The field name. */
  name: string;
  /** The field type_url. */
  typeUrl: string;
  /** The field oneof_index. */
  oneofIndex: number;
  /** The field packed. */
  packed: boolean;
  /** The field options. */
  options: Option[];
  /** The field json_name. */
  jsonName: string;
  /** The field default_value. */
  defaultValue: string;
}
/** Encodes and decodes {@linkcode Field}. */
export const Field: MessageType<Field> = messageType(TYPE_PROTO, "google.protobuf.Field");

/** The enum google.protobuf.Field.Kind. */
export enum Field_Kind {
  /** TYPE_UNKNOWN. */
  TYPE_UNKNOWN = 0,
  /** TYPE_DOUBLE. */
  TYPE_DOUBLE = 1,
  /** TYPE_FLOAT. */
  TYPE_FLOAT = 2,
  /** TYPE_INT64. */
  TYPE_INT64 = 3,
  /** TYPE_UINT64. */
  TYPE_UINT64 = 4,
  /** TYPE_INT32. */
  TYPE_INT32 = 5,
  /** TYPE_FIXED64. */
  TYPE_FIXED64 = 6,
  /** TYPE_FIXED32. */
  TYPE_FIXED32 = 7,
  /** TYPE_BOOL. */
  TYPE_BOOL = 8,
  /** TYPE_STRING. */
  TYPE_STRING = 9,
  /** TYPE_GROUP. */
  TYPE_GROUP = 10,
  /** TYPE_MESSAGE. */
  TYPE_MESSAGE = 11,
  /** TYPE_BYTES. */
  TYPE_BYTES = 12,
  /** TYPE_UINT32. */
  TYPE_UINT32 = 13,
  /** TYPE_ENUM. */
  TYPE_ENUM = 14,
  /** TYPE_SFIXED32. */
  TYPE_SFIXED32 = 15,
  /** TYPE_SFIXED64. */
  TYPE_SFIXED64 = 16,
  /** TYPE_SINT32. */
  TYPE_SINT32 = 17,
  /** TYPE_SINT64. */
  TYPE_SINT64 = 18,
}

/** The enum google.protobuf.Field.Cardinality. */
export enum Field_Cardinality {
  /** CARDINALITY_UNKNOWN. */
  CARDINALITY_UNKNOWN = 0,
  /** CARDINALITY_OPTIONAL. */
  CARDINALITY_OPTIONAL = 1,
  /** CARDINALITY_REQUIRED. */
  CARDINALITY_REQUIRED = 2,
  /** CARDINALITY_REPEATED. */
  CARDINALITY_REPEATED = 3,
}

/** The message google.protobuf.Enum. */
export interface Enum {
  /** The field name. */
  name: string;
  /** The field enumvalue. */
  enumvalue: EnumValue[];
  /** The field options. */
  options: Option[];
  /** The field source_context. */
  sourceContext?: SourceContext;
  /** The field syntax. */
  syntax: Syntax;
  /** The field edition. */
  edition: string;
}
/** Encodes and decodes {@linkcode Enum}. */
export const Enum: MessageType<Enum> = messageType(TYPE_PROTO, "google.protobuf.Enum");

/** The message google.protobuf.EnumValue. */
export interface EnumValue {
  /** The field name. */
  name: string;
  /** The field number. */
  number: number;
  /** The field options. */
  options: Option[];
}
/** Encodes and decodes {@linkcode EnumValue}. */
export const EnumValue: MessageType<EnumValue> = messageType(TYPE_PROTO, "google.protobuf.EnumValue");

/** The message google.protobuf.Option. */
export interface Option {
  /** The field name. */
  name: string;
  /** The field value. */
  value?: Any;
}
/** Encodes and decodes {@linkcode Option}. */
export const Option: MessageType<Option> = messageType(TYPE_PROTO, "google.protobuf.Option");

/** The enum google.protobuf.Syntax. */
export enum Syntax {
  /** SYNTAX_PROTO2. */
  SYNTAX_PROTO2 = 0,
  /** SYNTAX_PROTO3. */
  SYNTAX_PROTO3 = 1,
  /** SYNTAX_EDITIONS. */
  SYNTAX_EDITIONS = 2,
}

/** The descriptor of google/protobuf/api.proto. */
export const API_PROTO: ProtoFile = protoFile("google/protobuf/api.proto", {
  "nested": {
    "google": {
      "nested": {
        "protobuf": {
          "nested": {
            "Api": {
              "fields": {
                "name": { "type": "string", "id": 1 },
                "methods": { "rule": "repeated", "type": ".google.protobuf.Method", "id": 2 },
                "options": { "rule": "repeated", "type": ".google.protobuf.Option", "id": 3 },
                "version": { "type": "string", "id": 4 },
                "sourceContext": { "type": ".google.protobuf.SourceContext", "id": 5, "protoName": "source_context" },
                "mixins": { "rule": "repeated", "type": ".google.protobuf.Mixin", "id": 6 },
                "syntax": { "type": ".google.protobuf.Syntax", "id": 7 },
                "edition": { "type": "string", "id": 8 },
              },
            },
            "Method": {
              "fields": {
                "name": { "type": "string", "id": 1 },
                "requestTypeUrl": { "type": "string", "id": 2, "protoName": "request_type_url" },
                "requestStreaming": { "type": "bool", "id": 3, "protoName": "request_streaming" },
                "responseTypeUrl": { "type": "string", "id": 4, "protoName": "response_type_url" },
                "responseStreaming": { "type": "bool", "id": 5, "protoName": "response_streaming" },
                "options": { "rule": "repeated", "type": ".google.protobuf.Option", "id": 6 },
                "syntax": { "type": ".google.protobuf.Syntax", "id": 7, "options": { "deprecated": true } },
                "edition": { "type": "string", "id": 8, "options": { "deprecated": true } },
              },
            },
            "Mixin": { "fields": { "name": { "type": "string", "id": 1 }, "root": { "type": "string", "id": 2 } } },
          },
        },
      },
    },
  },
}, [SOURCE_CONTEXT_PROTO, TYPE_PROTO]);

/** The message google.protobuf.Api. */
export interface Api {
  /** The field name. */
  name: string;
  /** The field methods. */
  methods: Method[];
  /** The field options. */
  options: Option[];
  /** The field version. */
  version: string;
  /** The field source_context. */
  sourceContext?: SourceContext;
  /** The field mixins. */
  mixins: Mixin[];
  /** The field syntax. */
  syntax: Syntax;
  /** The field edition. */
  edition: string;
}
/** Encodes and decodes {@linkcode Api}. */
export const Api: MessageType<Api> = messageType(API_PROTO, "google.protobuf.Api");

/** The message google.protobuf.Method. */
export interface Method {
  /** The field name. */
  name: string;
  /** The field request_type_url. */
  requestTypeUrl: string;
  /** The field request_streaming. */
  requestStreaming: boolean;
  /** The field response_type_url. */
  responseTypeUrl: string;
  /** The field response_streaming. */
  responseStreaming: boolean;
  /** The field options. */
  options: Option[];
  /**
   * The field syntax.
   *
   * @deprecated
   */
  syntax: Syntax;
  /**
   * The field edition.
   *
   * @deprecated
   */
  edition: string;
}
/** Encodes and decodes {@linkcode Method}. */
export const Method: MessageType<Method> = messageType(API_PROTO, "google.protobuf.Method");

/** The message google.protobuf.Mixin. */
export interface Mixin {
  /** The field name. */
  name: string;
  /** The field root. */
  root: string;
}
/** Encodes and decodes {@linkcode Mixin}. */
export const Mixin: MessageType<Mixin> = messageType(API_PROTO, "google.protobuf.Mixin");
