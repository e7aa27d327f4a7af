import { Buffer } from "node:buffer";
import { protobuf } from "../deps.ts";
import type { MessageType, Method, MethodKind, Methods, Service } from "../rpc/service.ts";
import { localName } from "./local_name.ts";
import { codecOf, type MessageCodec } from "./message.ts";
import { Misfit } from "./misfit.ts";

/** A compiled .proto file: what generated code hands to {@linkcode messageType} and {@linkcode defineService}. */
export interface ProtoFile {
  /** The file's descriptor, in protobufjs's JSON form. */
  readonly descriptor: ProtoDescriptor;
  /** The files that it imports. */
  readonly imports: readonly ProtoFile[];
}

/** A descriptor in protobufjs's JSON form. */
export type ProtoDescriptor = {
  readonly nested?: Readonly<Record<string, unknown>>;
  readonly [option: string]: unknown;
};

/**
 * Holds a .proto file's descriptor. Generated code calls it.
 *
 * @param descriptor The descriptor in protobufjs's JSON form.
 * @param imports The files that it imports.
 */
export function protoFile(descriptor: ProtoDescriptor, imports: readonly ProtoFile[] = []): ProtoFile {
  return { descriptor, imports };
}

const roots = new WeakMap<ProtoFile, protobuf.Root>();

/** The reflection of a file and all that it imports, made when it is first needed. */
function rootOf(file: ProtoFile): protobuf.Root {
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
 * The codec of a message. Generated code calls it.
 *
 * @param file The file that declares it.
 * @param typeName The full name, such as `"echo.Req"`.
 */
export function messageType<T>(file: ProtoFile, typeName: string): MessageType<T> {
  let codec: MessageCodec | undefined;
  const ready = () => codec ??= codecOf(rootOf(file).lookupType(typeName));
  return {
    typeName,
    encode: (value) => encode(ready(), typeName, value),
    decode(bytes) {
      try {
        return ready().decode(new protobuf.Reader(bytes), 0) as T;
      } catch (cause) {
        throw new Error(`these ${bytes.length} bytes are no valid ${typeName}: ${(cause as Error).message}`, { cause });
      }
    },
  };
}

/** How many bytes of messages share a buffer: a buffer for each would cost more than the rest of encoding a small one. */
const SHARED = 8192;
let spare: protobuf.Writer | undefined;

function newWriter(): protobuf.Writer {
  const writer = new protobuf.BufferWriter();
  writer.buf = Buffer.alloc(SHARED);
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
    if (thrown instanceof Misfit) throw new TypeError(`${typeName}${thrown.path}: ${thrown.message}`);
    throw thrown;
  }
  // What follows is written behind it.
  if (writer.pos < SHARED) spare = writer;
  const { buffer, byteOffset } = writer.buf;
  return new Uint8Array(buffer, byteOffset + start, writer.pos - start);
}

/**
 * The definition of a service. Generated code calls it; its methods are those of the descriptor.
 *
 * @param file The file that declares it.
 * @param typeName The full name, such as `"echo.EchoService"`.
 */
export function defineService<M extends Methods>(file: ProtoFile, typeName: string): Service<M> {
  let methods: M | undefined;
  return {
    typeName,
    get methods() {
      return methods ??= methodsOf(file, typeName) as M;
    },
  };
}

function methodsOf(file: ProtoFile, typeName: string): Methods {
  const methods: Methods = Object.create(null);
  for (const method of rootOf(file).lookupService(typeName).methodsArray) {
    method.resolve();
    const { name, requestStream, responseStream } = method;
    const kind: MethodKind = requestStream
      ? (responseStream ? "bidi" : "client_streaming")
      : (responseStream ? "server_streaming" : "unary");
    const idempotent = /^(NO_SIDE_EFFECTS|IDEMPOTENT)$/.test(method.getOption("idempotency_level") as string);
    const type = (one: protobuf.Type | null) => messageType(file, one!.fullName.slice(1));
    methods[localName(name)] = {
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
