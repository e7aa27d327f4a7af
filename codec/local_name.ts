import { protobuf } from "../deps.ts";

/**
 * A name gets a `_` if every object has it, such as `constructor`: TypeScript takes no object literal without such a property
 * for a type with one.
 */
export const safeName = (name: string): string => name in Object.prototype ? `${name}_` : name;

/** The name of a field or oneof in TypeScript: in camel case. */
export const fieldName = (name: string): string => safeName(protobuf.util.camelCase(name));

/** The name of a method in TypeScript: lower camel case; `then` gets a `_` as well, or a client could not be awaited past. */
export function localName(name: string): string {
  const camel = name.replace(/_+(\w)/g, (_, letter: string) => letter.toUpperCase());
  const local = camel[0]!.toLowerCase() + camel.slice(1);
  return local === "then" ? "then_" : safeName(local);
}
