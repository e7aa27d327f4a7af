import { protobuf } from "../../deps.ts";
import type { MessageType, Service } from "../../rpc/service.ts";
import { declaration, defineService, messageType, type ProtoFile } from "../file.ts";

/** What a file declares, as generated code would have it. */
export interface Declared {
  /** Its services by their full names. */
  readonly services: ReadonlyMap<string, Service>;
  /** Its messages by their full names, nested ones too. */
  readonly types: ReadonlyMap<string, MessageType<unknown>>;
}

/**
 * The services and messages of a file, which are made when the program runs: of descriptors, or of a .proto just read.
 */
export function declaredBy(file: ProtoFile): Declared {
  const services = new Map<string, Service>();
  const types = new Map<string, MessageType<unknown>>();
  const own = new protobuf.Root().addJSON((file.descriptor.nested ?? {}) as Record<string, protobuf.AnyNestedObject>);
  const add = (one: protobuf.ReflectionObject) => {
    const name = one.fullName.slice(1);
    if (one instanceof protobuf.Service) services.set(name, defineService(file, name));
    else if (one instanceof protobuf.Type) types.set(name, messageType(file, name));
    if (one instanceof protobuf.Namespace) one.nestedArray.forEach(add);
  };
  own.nestedArray.forEach(add);
  return { services, types };
}

/** The full names of all that a file declares, but for fields and values. */
export function namesIn(file: ProtoFile): string[] {
  const own = new protobuf.Root().addJSON((file.descriptor.nested ?? {}) as Record<string, protobuf.AnyNestedObject>);
  const all = (one: protobuf.ReflectionObject): protobuf.ReflectionObject[] => {
    if (one instanceof protobuf.Service) return [one, ...one.methodsArray];
    if (one instanceof protobuf.Namespace) {
      return [...(one instanceof protobuf.Type ? [one] : []), ...one.nestedArray.flatMap(all)];
    }
    return one instanceof protobuf.Enum ? [one] : [];
  };
  return own.nestedArray.flatMap(all).map((one) => one.fullName.slice(1));
}

/** A service that a file declares, or one that it imports; undefined if there is none of that name. */
export function findService(file: ProtoFile, name: string): Service | undefined {
  return declaration(file, name) instanceof protobuf.Service ? defineService(file, name) : undefined;
}

/** A message that a file declares, or one that it imports; undefined if there is none of that name. */
export function findType(file: ProtoFile, name: string): MessageType<unknown> | undefined {
  return declaration(file, name) instanceof protobuf.Type ? messageType(file, name) : undefined;
}
