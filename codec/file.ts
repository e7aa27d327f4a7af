import { Buffer } from "node:buffer";
import { protobuf } from "../deps.ts";
import type { JsonReadOptions, JsonWriteOptions } from "../rpc/json.ts";
import {
  type DecodeBudget,
  DECODED_MESSAGE_BYTES,
  type MessageType,
  type Method,
  type MethodKind,
  type Methods,
  type Service,
} from "../rpc/service.ts";
import { fromJson, toJson } from "./json/mod.ts";
import type { JsonContext } from "./json/value.ts";
import { localName, LocalNames } from "./typescript_names.ts";
import { codecOf, type MessageCodec } from "./binary/message.ts";
import { Excess, Misfit } from "./misfit.ts";
import { sourceOf } from "./binary/source.ts";

/** A compiled .proto file: the argument of generated code to {@linkcode messageType} and {@linkcode defineService}. */
export interface ProtoFile {
  /** Its path, as imports name it: `"grpc/health/v1/health.proto"`. */
  readonly name: string;
  /** The file's descriptor, in protobufjs's JSON form. */
  readonly descriptor: ProtoDescriptor;
  /** The files that it imports. */
  readonly imports: readonly ProtoFile[];
  /** The files that it imports with `import public`. */
  readonly publicImports: readonly ProtoFile[];
}

/** A descriptor in protobufjs's JSON form. */
export type ProtoDescriptor = {
  readonly nested?: Readonly<Record<string, unknown>>;
  readonly [option: string]: unknown;
};

/**
 * Returns the descriptor of a .proto file with its imports. Called by generated code.
 *
 * @param name The file's path, as imports name it.
 * @param descriptor The descriptor in protobufjs's JSON form.
 * @param imports The files that it imports.
 * @param publicImports The files that it imports with `import public`.
 */
export function protoFile(
  name: string,
  descriptor: ProtoDescriptor,
  imports: readonly ProtoFile[] = [],
  publicImports: readonly ProtoFile[] = [],
): ProtoFile {
  return { name, descriptor, imports, publicImports };
}

const roots = new WeakMap<ProtoFile, protobuf.Root>();

/** The reflection of a file and all that it imports, made when it is first needed. */
export function rootOf(file: ProtoFile): protobuf.Root {
  let root = roots.get(file);
  if (root === undefined) {
    root = new protobuf.Root();
    const seen = new Set<ProtoFile>();
    const add = (one: ProtoFile) => {
      if (seen.has(one)) return;
      seen.add(one);
      one.imports.forEach(add);
      root!.addJSON((one.descriptor.nested ?? {}) as Record<string, protobuf.AnyNestedObject>);
    };
    add(file);
    root.resolveAll();
    roots.set(file, root);
  }
  return root;
}

/**
 * What a file, or one that it imports, declares under a full name. protobufjs would take the end of a name for it too.
 */
export function declaration(file: ProtoFile, fullName: string): protobuf.ReflectionObject | undefined {
  const found = rootOf(file).lookup(`.${fullName}`);
  return found?.fullName === `.${fullName}` ? found : undefined;
}

/**
 * Returns the codec of a message. Called by generated code.
 *
 * @param file The file that declares it.
 * @param typeName The full name, such as `"echo.Req"`.
 */
export function messageType<T>(file: ProtoFile, typeName: string): MessageType<T> {
  let codec: MessageCodec | undefined;
  const reflection = () => rootOf(file).lookupType(typeName);
  const ready = () => codec ??= codecOf(reflection());
  const type: MessageType<T> = {
    typeName,
    encode: (value) => encode(ready(), typeName, value),
    decode: (bytes, budget) => decode(ready(), typeName, bytes, budget) as T,
    toJson: (value, options) => toJson(reflection(), value, contextOf(file, options)),
    fromJson: (json, options) => fromJson(reflection(), json, contextOf(file, options)) as T,
  };
  files.set(type, file);
  return type;
}

/** Which file declares a type or a service. */
const files = new WeakMap<object, ProtoFile>();

/** The file that declares a type or a service; undefined if that is not made by generated code. */
export const fileOf = (declared: MessageType<unknown> | Service): ProtoFile | undefined => files.get(declared);

function contextOf(file: ProtoFile, options: JsonReadOptions & JsonWriteOptions = {}): JsonContext {
  const find = (name: string) => {
    const known = options.types?.find(({ typeName }) => typeName === name);
    const found = declaration(known && fileOf(known) || file, name);
    return found instanceof protobuf.Type ? found : undefined;
  };
  const { decodedMessageBytes: limit = DECODED_MESSAGE_BYTES } = options;
  return { ...options, find, costs: { spent: 0, limit, chains: undefined } };
}

function decode(codec: MessageCodec, typeName: string, bytes: Uint8Array, budget?: DecodeBudget): unknown {
  const source = sourceOf(bytes, budget?.limit ?? DECODED_MESSAGE_BYTES);
  try {
    const message = codec.decode(source, 0);
    if (budget) budget.used = source.spent;
    return message;
  } catch (cause) {
    if (cause instanceof Excess) throw cause.of(typeName);
    throw new Error(`these ${bytes.length} bytes are no valid ${typeName}: ${(cause as Error).message}`, { cause });
  }
}

/**
 * How many bytes of messages share a buffer: a buffer for each would cost more than the rest of encoding a small one.
 */
const SHARED_BUFFER_BYTES = 8192;
let spare: protobuf.Writer | undefined;

function newWriter(): protobuf.Writer {
  const writer = new protobuf.BufferWriter();
  writer.buf = Buffer.alloc(SHARED_BUFFER_BYTES);
  return writer;
}

function encode(codec: MessageCodec, typeName: string, value: unknown): Uint8Array {
  // Taken and not lent: a getter of the value may encode another message.
  const writer = spare ?? newWriter();
  spare = undefined;
  const start = writer.pos;
  try {
    codec.encode(writer, value, 0);
  } catch (thrown) {
    throw thrown instanceof Misfit ? thrown.of(typeName) : thrown;
  }
  // What follows is written behind it.
  if (writer.pos < SHARED_BUFFER_BYTES) spare = writer;
  const { buffer, byteOffset } = writer.buf;
  return new Uint8Array(buffer, byteOffset + start, writer.pos - start);
}

/**
 * Returns the definition of a service. Called by generated code.
 *
 * @param file The file that declares it.
 * @param typeName The full name, such as `"echo.EchoService"`.
 */
export function defineService<M extends Methods>(file: ProtoFile, typeName: string): Service<M> {
  let methods: M | undefined;
  const service: Service<M> = {
    typeName,
    get methods() {
      return methods ??= methodsOf(file, typeName) as M;
    },
  };
  files.set(service, file);
  return service;
}

function methodsOf(file: ProtoFile, typeName: string): Methods {
  const methods: Methods = Object.create(null);
  const names = new LocalNames();
  for (const method of rootOf(file).lookupService(typeName).methodsArray) {
    method.resolve();
    const { name, requestStream, responseStream } = method;
    const kind: MethodKind = requestStream
      ? (responseStream ? "bidi" : "client_streaming")
      : (responseStream ? "server_streaming" : "unary");
    const idempotent = /^(NO_SIDE_EFFECTS|IDEMPOTENT)$/.test(method.getOption("idempotency_level") as string);
    const type = (one: protobuf.Type | null) => messageType(file, one!.fullName.slice(1));
    methods[names.give(localName(name))] = {
      name,
      path: `/${typeName}/${name}`,
      kind,
      ...(idempotent && { idempotent }),
      request: type(method.resolvedRequestType),
      response: type(method.resolvedResponseType),
    } satisfies Method;
  }
  return methods;
}
