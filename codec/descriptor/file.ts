import { protobuf } from "../../deps.ts";
import type { JsonValue } from "../../rpc/json.ts";
import type { MessageType } from "../../rpc/service.ts";
import { declaration, fileOf, messageType, type ProtoDescriptor, type ProtoFile, rootOf } from "../file.ts";
import { putCustomOptions, withLists } from "./custom_options.ts";
import { fileDescriptorProto } from "./descriptor_proto.ts";
import { declaredExtensions, describeExtensions, type Extension } from "./extensions.ts";
import { describeEnum, describeMessage } from "./message.ts";
import { describedOptions, type Descriptor } from "./options.ts";
import { describeService } from "./service.ts";

/** A .proto file as other tools want it. */
export interface FileDescriptor {
  /** Its path, as imports name it. */
  readonly name: string;
  /** The names of the files that it imports. */
  readonly dependencies: readonly string[];
  /**
   * The full names of all that it declares: messages, fields, oneofs, enums and their values, services, methods,
   * extensions.
   */
  readonly symbols: readonly string[];
  /** The extensions that it declares. */
  readonly extensions: readonly Extension[];
  /**
   * An encoded `google.protobuf.FileDescriptorProto`, as protoc makes it, but without comments. Empty if that failed.
   */
  readonly bytes: Uint8Array;
  /** Why there is no descriptor. */
  readonly failure?: string;
}

/**
 * Describes .proto files and all that they import.
 *
 * @param files What generated code holds.
 * @returns The files by name, those that are imported first. If two have the same name, the second is `2/` and that.
 */
export async function fileDescriptors(files: Iterable<ProtoFile>): Promise<Map<string, FileDescriptor>> {
  const type = await fileDescriptorProto();
  const sources = new Map<string, ProtoFile>();
  const described = new Map<string, FileDescriptor>();
  const add = (file: ProtoFile): string => {
    let name = file.name;
    for (let i = 2; sources.has(name); i++) {
      if (isSame(sources.get(name)!, file)) return name;
      name = `${i}/${file.name}`;
    }
    sources.set(name, file);
    const dependencies = importsOf(file).map(add);
    described.set(name, tryDescribe(file, name, dependencies, type));
    return name;
  };
  const importsOf = (file: ProtoFile): readonly ProtoFile[] => {
    const extendsOptions = declaredExtensions(file.descriptor).some(({ extendee }) =>
      /^\.google\.protobuf\./.test(extendee)
    );
    const known = fileOf(type)!;
    return extendsOptions && !file.imports.some(({ name }) => name === known.name)
      ? [...file.imports, known]
      : file.imports;
  };
  for (const file of files) add(file);
  return described;
}

/** Two copies of the kit have the well-known files twice. */
const isSame = (one: ProtoFile, other: ProtoFile) =>
  one === other || JSON.stringify(one.descriptor) === JSON.stringify(other.descriptor);

/** One file that can't be described does not hurt the others. */
function tryDescribe(file: ProtoFile, name: string, dependencies: readonly string[], type: MessageType<unknown>) {
  try {
    return describe(file, name, dependencies, type);
  } catch (error) {
    const failure = `${name} can't be described: ${error instanceof Error ? error.message : error}`;
    return { name, dependencies, symbols: [], extensions: [], bytes: new Uint8Array(), failure };
  }
}

function describe(
  file: ProtoFile,
  name: string,
  dependencies: readonly string[],
  type: MessageType<unknown>,
): FileDescriptor {
  const { path, names, options } = packageOf(file.descriptor);
  const symbols: string[] = [];
  const descriptor: Descriptor = {
    name,
    package: path.length === 0 ? undefined : path.join("."),
    dependency: dependencies,
    public_dependency: file.publicImports.map((one) => file.imports.indexOf(one)),
    message_type: [],
    enum_type: [],
    service: [],
    options: describedOptions(options),
    ...syntaxOf(file.descriptor, path),
  };
  for (const name of names) {
    // The reflection of the whole: other files may have the same package.
    const one = declaration(file, [...path, name].join("."));
    if (one instanceof protobuf.Type) descriptor.message_type.push(describeMessage(one, symbols));
    else if (one instanceof protobuf.Enum) descriptor.enum_type.push(describeEnum(one, symbols));
    else if (one instanceof protobuf.Service) descriptor.service.push(describeService(one, symbols));
  }
  for (const one of [...descriptor.message_type, ...descriptor.enum_type, ...descriptor.service]) {
    one.options = withoutFeatures(one.options, options.features as Descriptor | undefined);
  }
  const extensions = declaredExtensions(file.descriptor);
  symbols.push(...describeExtensions(extensions, descriptor));
  const protos = fileOf(type)!;
  const reflection = rootOf(protos).lookupType(type.typeName);
  // JSON drops what is undefined.
  const json = withLists(JSON.parse(JSON.stringify(descriptor)), reflection);
  // Options that descriptor.proto does not know are passed over.
  const message = type.fromJson(json as JsonValue, { ignoreUnknownFields: true }) as Record<string, unknown>;
  putCustomOptions(message, json, reflection, ({ fullName }) => messageType(protos, fullName.slice(1)));
  return { name, dependencies, symbols, extensions, bytes: new Uint8Array(type.encode(message as never)) };
}

/** Takes away the features that all of an edition's file has: protobufjs wants them at each of its declarations. */
function withoutFeatures(options: Descriptor | undefined, common: Descriptor = {}): Descriptor | undefined {
  if (!options?.features) return options;
  const { features, ...others } = options;
  const own = Object.entries(features).filter(([name, value]) => common[name] !== value);
  if (own.length > 0) others.features = Object.fromEntries(own);
  return Object.keys(others).length > 0 ? others : undefined;
}

/** What the file is written in: all that it declares says the same. */
function syntaxOf(descriptor: ProtoDescriptor, path: readonly string[]): Descriptor {
  const scope = path.reduce((scope, name) => scope.nested![name] as ProtoDescriptor, descriptor);
  const [{ edition = descriptor.edition ?? "proto3" } = {}] = Object.values(scope.nested ?? {}) as {
    edition?: string;
  }[];
  // Descriptors have always been so where they say nothing.
  if (edition === "proto2") return {};
  return edition === "proto3" ? { syntax: edition } : { syntax: "editions", edition: `EDITION_${edition}` };
}

/** The package of a file, the names of what stands in it, and the file's options. */
function packageOf(descriptor: ProtoDescriptor): { path: string[]; names: string[]; options: Record<string, unknown> } {
  const path: string[] = [];
  const options: Record<string, unknown> = {};
  let scope = descriptor;
  while (true) {
    // They are where the parser was when it met them: before the package, or after it.
    Object.assign(options, scope.options);
    const nested = Object.entries(scope.nested ?? {});
    const [[name, only] = []] = nested;
    if (nested.length !== 1 || ["fields", "values", "methods"].some((kind) => kind in (only as object))) {
      return { path, names: nested.map(([name]) => name), options };
    }
    path.push(name!);
    scope = only as ProtoDescriptor;
  }
}
