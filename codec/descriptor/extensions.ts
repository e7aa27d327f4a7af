import type { ProtoDescriptor } from "../file.ts";
import type { FieldJson, FileJson, MessageJson } from "./json_types.ts";
import type { Descriptor } from "./options.ts";
import { readOptions } from "./read_message.ts";

/**
 * An extension that a file declares. protobufjs would make a field of the extended message of it, so it stands beside
 * the types.
 */
export interface Extension extends FieldJson {
  /** The full name of the message that the extension is declared in; not there for one of the file. */
  readonly scope?: string;
  readonly extendee: string;
}

/** The extensions that a file declares. */
export function extensionsOf({ package: outer = "", extension = [], messageType = [] }: FileJson): Extension[] {
  const inside = (scope: string, { name, extension = [], nestedType = [] }: MessageJson): Extension[] => {
    const fullName = scope === "" ? name : `${scope}.${name}`;
    return [
      ...extension.map((one) => ({ scope: fullName, ...one }) as Extension),
      ...nestedType.flatMap((one) => inside(fullName, one)),
    ];
  };
  return [...extension as Extension[], ...messageType.flatMap((one) => inside(outer, one))];
}

/** The extensions in a descriptor. */
export const declaredExtensions = (descriptor: ProtoDescriptor): readonly Extension[] =>
  (descriptor.extensions ?? []) as readonly Extension[];

/**
 * Puts the extensions of a file where they are declared.
 *
 * @returns What they are called.
 */
export function describeExtensions(extensions: readonly Extension[], file: Descriptor): string[] {
  return extensions.map(({ scope, ...extension }) => {
    let owner = file;
    const path = (scope ?? "").split(".").slice(scope && file.package ? file.package.split(".").length : 0);
    for (const name of scope ? path : []) {
      const messages = (owner.message_type ?? owner.nested_type) as Descriptor[];
      owner = messages.find((message) => message.name === name)!;
    }
    (owner.extension ??= []).push({ ...readOptions({ ...extension }), options: readOptions(extension.options) });
    return [scope ?? file.package, extension.name].filter(Boolean).join(".");
  });
}
