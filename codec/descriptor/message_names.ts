import { fieldName, LocalNames } from "../typescript_names.ts";
import type { MessageJson } from "./json_types.ts";

/** What the fields and oneofs of a message are called in TypeScript, in their order. */
export interface MessageNames {
  readonly fields: readonly string[];
  readonly oneofs: readonly string[];
}

/**
 * Gives the fields and oneofs of a message their names in TypeScript. A oneof comes before its first field; those that
 * `optional` stands for come last, as they are nobody's.
 */
export function messageNames(
  { field = [], oneofDecl = [], nestedType = [], enumType = [] }: MessageJson,
): MessageNames {
  // protobufjs has one space for them and for the types in the message.
  const names = new LocalNames([...nestedType, ...enumType].map(({ name }) => name));
  const oneofs: string[] = [];
  const fields = field.map(({ name, oneofIndex, proto3Optional }) => {
    if (oneofIndex !== undefined && !proto3Optional) {
      oneofs[oneofIndex] ??= names.give(fieldName(oneofDecl[oneofIndex]?.name ?? ""));
    }
    return names.give(fieldName(name));
  });
  return { fields, oneofs: oneofDecl.map(({ name }, i) => oneofs[i] ?? names.give(fieldName(name))) };
}
