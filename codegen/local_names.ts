import { PROTO_NAME } from "../codec/descriptor/oneof_name.ts";
import { fieldName, safeName } from "../codec/local_name.ts";
import type { protobuf } from "../deps.ts";
import { childrenOf, type Declaration, everything } from "./outline.ts";

/** Gives fields and oneofs their names in TypeScript. The parser gives most of them, and keeps those of the .proto for fields. */
export function giveLocalNames(own: protobuf.Root, file: Declaration): void {
  for (const one of everything(file)) {
    if (one.kind !== "message") continue;
    const type = own.lookupType(`.${one.fullName}`);
    const names = new Map(type.fieldsArray.map((field) => [field.name, renamed(field)]));
    type.fields = Object.fromEntries(type.fieldsArray.map((field) => [field.name, field]));
    const oneofs = type.oneofsArray;
    for (const oneof of oneofs) {
      oneof.oneof = oneof.oneof.map((name) => names.get(name)!);
      oneof.name = safeName(oneof.name);
    }
    if (oneofs.length > 0) type.oneofs = Object.fromEntries(oneofs.map((oneof) => [oneof.name, oneof]));
    for (const { name } of childrenOf(one, "oneof")) {
      const local = fieldName(name.text);
      if (local !== name.text) type.oneofs[local]!.setOption(PROTO_NAME, name.text);
    }
  }
}

/** Gives a field its name. @returns That name. */
function renamed(field: protobuf.Field): string {
  const said = field as unknown as { protoName?: string };
  said.protoName ??= field.name;
  return field.name = safeName(field.name);
}
