import { protobuf } from "../../deps.ts";
import { declaration, type ProtoFile, rootOf } from "../file.ts";
import { CUSTOM } from "./custom_options.ts";
import { describeEnum, describeMessage } from "./message.ts";
import type { Descriptor } from "./options.ts";
import { describeService } from "./service.ts";

/** Something of a .proto file, and its message of descriptor.proto in JSON. */
export interface Described {
  readonly kind: "message" | "enum" | "service" | "field" | "oneof" | "value" | "method";
  readonly descriptor: Descriptor;
}

/**
 * Something of a file as descriptor.proto has it; undefined if there is no such thing.
 *
 * @param name The full name of a message, field, oneof, enum, enum value, service or method.
 */
export function descriptorJson(file: ProtoFile, name: string): Described | undefined {
  const found = whole(declaration(file, name)) ?? part(file, name);
  return found && { ...found, descriptor: inCamelCase(found.descriptor) as Descriptor };
}

function whole(one: protobuf.ReflectionObject | undefined): Described | undefined {
  if (one instanceof protobuf.Type) return { kind: "message", descriptor: describeMessage(one, []) };
  if (one instanceof protobuf.Enum) return { kind: "enum", descriptor: describeEnum(one, []) };
  if (one instanceof protobuf.Service) return { kind: "service", descriptor: describeService(one, []) };
}

const PARTS = [["field", "field"], ["oneof", "oneof_decl"], ["value", "value"], ["method", "method"]] as const;

function part(file: ProtoFile, name: string): Described | undefined {
  const [, scope = "", last] = /^(?:(.*)\.)?(.*)$/.exec(name)!;
  const owner = scope ? declaration(file, scope) : rootOf(file);
  // The values of an enum stand in the scope of the enum.
  const enums = owner instanceof protobuf.Namespace
    ? owner.nestedArray.filter((one) => one instanceof protobuf.Enum)
    : [];
  for (const one of [owner, ...enums]) {
    for (const [kind, list] of PARTS) {
      const descriptor = (whole(one)?.descriptor[list] as Descriptor[] | undefined)?.find(({ name }) => name === last);
      if (descriptor) return { kind, descriptor };
    }
  }
}

/** The names of JSON, without empty lists, and without the custom options, whose names nobody knows. */
function inCamelCase(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(inCamelCase);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).filter(([name, one]) =>
    name !== CUSTOM && !(Array.isArray(one) && one.length === 0)
  );
  return Object.fromEntries(entries.map(([name, one]) => [protobuf.util.camelCase(name), inCamelCase(one)]));
}
