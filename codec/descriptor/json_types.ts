/**
 * A `google.protobuf.FileDescriptorProto` in its JSON form: only what is read of it, and beside it the comments of a
 * .proto.
 */
export interface FileJson {
  readonly name?: string;
  readonly package?: string;
  readonly dependency?: readonly string[];
  readonly publicDependency?: readonly number[];
  readonly messageType?: readonly MessageJson[];
  readonly enumType?: readonly EnumJson[];
  readonly service?: readonly ServiceJson[];
  readonly extension?: readonly FieldJson[];
  readonly options?: Options;
  readonly syntax?: string;
  readonly edition?: string | number;
}

/** Options by their JSON names. */
export type Options = { readonly [name: string]: unknown };

/** A `DescriptorProto`. */
export interface MessageJson {
  readonly name: string;
  readonly field?: readonly FieldJson[];
  readonly extension?: readonly FieldJson[];
  readonly nestedType?: readonly MessageJson[];
  readonly enumType?: readonly EnumJson[];
  readonly extensionRange?: readonly RangeJson[];
  readonly oneofDecl?: readonly OneofJson[];
  readonly options?: Options;
  readonly reservedRange?: readonly RangeJson[];
  readonly reservedName?: readonly string[];
  readonly comment?: string;
}

/** A `OneofDescriptorProto`. */
export interface OneofJson {
  readonly name: string;
  readonly options?: Options;
  readonly comment?: string;
}

/** A `FieldDescriptorProto`. */
export interface FieldJson {
  readonly name: string;
  readonly number: number;
  readonly label?: "LABEL_OPTIONAL" | "LABEL_REQUIRED" | "LABEL_REPEATED";
  /** `"TYPE_STRING"` and so on. */
  readonly type: string;
  /** With a dot in front. */
  readonly typeName?: string;
  /** Of an extension: the message that it extends, with a dot in front. */
  readonly extendee?: string;
  readonly defaultValue?: string;
  readonly jsonName?: string;
  readonly oneofIndex?: number;
  readonly proto3Optional?: boolean;
  readonly options?: Options;
  readonly comment?: string;
}

/** An `EnumDescriptorProto`. */
export interface EnumJson {
  readonly name: string;
  readonly value?: readonly EnumValueJson[];
  readonly options?: Options;
  readonly reservedRange?: readonly RangeJson[];
  readonly reservedName?: readonly string[];
  readonly comment?: string;
}

/** An `EnumValueDescriptorProto`. */
export interface EnumValueJson {
  readonly name: string;
  readonly number?: number;
  readonly options?: Options;
  readonly comment?: string;
}

/** A `ServiceDescriptorProto`. */
export interface ServiceJson {
  readonly name: string;
  readonly method?: readonly MethodJson[];
  readonly options?: Options;
  readonly comment?: string;
}

/** A `MethodDescriptorProto`. */
export interface MethodJson {
  readonly name: string;
  readonly inputType: string;
  readonly outputType: string;
  readonly clientStreaming?: boolean;
  readonly serverStreaming?: boolean;
  readonly options?: Options;
  readonly comment?: string;
}

/** A range that is kept free. */
export interface RangeJson {
  readonly start?: number;
  readonly end?: number;
  readonly options?: Options;
}
