import type { ProtoDescriptor } from "../file.ts";
import { extensionsOf } from "./extensions.ts";
import type { FileJson } from "./json_types.ts";
import { type Piece, readEnum, readMessage, readOptions, readService } from "./read_message.ts";

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
