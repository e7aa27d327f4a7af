import type { MessageType } from "../../rpc/service.ts";
import { type ProtoDescriptor, type ProtoFile, protoFile, rootOf } from "../file.ts";
import { wellKnownFile } from "./well_known_file.ts";
import { fileDescriptorProto } from "./descriptor_proto.ts";
import { extensionsOf } from "./extensions.ts";
import type { FileJson } from "./json.ts";
import { type Piece, readEnum, readMessage, readOptions, readService } from "./read_message.ts";

/** Names of files that a descriptor imports. @throws {Error} If the bytes are no descriptor. */
export async function importsOf(descriptor: Uint8Array): Promise<{ name: string; imports: readonly string[] }> {
  const { name = "", dependency = [] } = decode(await fileDescriptorProto(), descriptor);
  return { name, imports: dependency };
}

/**
 * Makes files of descriptors, whoever has encoded them: the way back from {@linkcode fileDescriptors}. Extensions, custom
 * options and proto2's defaults are left out; groups stand there, and refuse to be encoded and decoded.
 *
 * @param descriptors Encoded `google.protobuf.FileDescriptorProto`s, in any order, with all that they import. The well-known files
 * may be missing, and those of which nothing is used.
 * @returns The files by name.
 * @throws {Error} If something is no descriptor, or a type is missing; the message names it.
 */
export async function protoFiles(descriptors: Iterable<Uint8Array>): Promise<Map<string, ProtoFile>> {
  const type = await fileDescriptorProto();
  const given = new Map<string, FileJson>();
  for (const bytes of descriptors) {
    const json = decode(type, bytes);
    given.set(json.name ?? "", json);
  }
  const files = new Map<string, ProtoFile>();
  const read = (name: string, path: readonly string[]): ProtoFile | undefined => {
    if (path.includes(name)) throw new Error(`the imports form a circle: ${[...path, name].join(" -> ")}`);
    const known = files.get(name);
    if (known) return known;
    const json = given.get(name);
    if (json === undefined) return wellKnownFile(name);
    const { dependency = [], publicDependency = [] } = json;
    const imports = dependency.map((one) => read(one, [...path, name]));
    const isThere = (file: ProtoFile | undefined) => file !== undefined;
    const file = protoFile(
      name,
      readFile(json),
      imports.filter(isThere),
      publicDependency.map((i) => imports[i]).filter(isThere),
    );
    resolve(file, dependency.filter((_, i) => !imports[i]));
    files.set(name, file);
    return file;
  };
  for (const name of given.keys()) read(name, []);
  return files;
}

function decode(type: MessageType<unknown>, bytes: Uint8Array): FileJson {
  return type.toJson(type.decode(bytes) as never) as FileJson;
}

/** Finds what is missing before somebody calls. */
function resolve(file: ProtoFile, missing: readonly string[]): void {
  try {
    rootOf(file);
  } catch (cause) {
    const without = missing.length > 0 ? ` (${missing.join(", ")}, which it imports, is not there)` : "";
    throw new Error(`the descriptor of ${file.name} is not complete${without}: ${(cause as Error).message}`, { cause });
  }
}

/** A file's descriptor in protobufjs's JSON form. */
export function readFile(file: FileJson): ProtoDescriptor {
  const edition = editionOf(file);
  const features = (file.options?.features ?? {}) as Piece;
  const top = (piece: Piece): Piece => {
    const options = piece.options as Piece | undefined;
    const all = { ...readOptions(features), ...options?.features as Piece };
    return {
      // What is not said is proto3.
      edition: edition === "proto3" ? undefined : edition,
      ...piece,
      options: Object.keys(all).length > 0 ? { ...options, features: all } : options,
    };
  };
  const own: Piece = Object.fromEntries([
    ...(file.messageType ?? []).map((one) => [one.name, top(readMessage(one))] as const),
    ...(file.enumType ?? []).map((one) => [one.name, top(readEnum(one))] as const),
    ...(file.service ?? []).map((one) => [one.name, top(readService(one))] as const),
  ]);
  let scope: Piece = { options: readOptions(file.options), nested: own };
  for (const name of file.package?.split(".").reverse() ?? []) scope = { nested: { [name]: scope } };
  // The JSON form has no undefined.
  const isEmpty = Object.keys(own).length === 0;
  const extensions = extensionsOf(file);
  const descriptor = {
    // Elsewhere what the file declares says it.
    edition: isEmpty && edition !== "proto3" ? edition : undefined,
    ...scope,
    extensions: extensions.length > 0 ? extensions : undefined,
  };
  return JSON.parse(JSON.stringify(descriptor));
}

/** What protobufjs calls it. */
function editionOf({ name, syntax = "proto2", edition }: FileJson): string {
  if (syntax !== "editions") return syntax;
  const [, year] = /^EDITION_(20\d\d)$/.exec(String(edition)) ?? [];
  if (year === undefined) throw new Error(`${name} is written in the edition ${edition}, which is not known here`);
  return year;
}
