import { protobuf } from "../deps.ts";

/**
 * A name gets a `_` if every object has it, such as `constructor`: TypeScript takes no object literal without such a
 * property for a type with one.
 */
export const safeName = (name: string): string => name in Object.prototype ? `${name}_` : name;

/** The name of a field or oneof in TypeScript: in camel case. */
export const fieldName = (name: string): string => safeName(protobuf.util.camelCase(name));

/**
 * The name of a method in TypeScript: lower camel case; `then` gets a `_` as well, or a client could not be awaited
 * past.
 */
export function localName(name: string): string {
  const camel = name.replace(/_+(\w)/g, (_, letter: string) => letter.toUpperCase());
  const local = camel[0]!.toLowerCase() + camel.slice(1);
  return local === "then" ? "then_" : safeName(local);
}

/**
 * Gives names of which no two are the same: in the order of the .proto, a name that is taken gets a `_`, as often as
 * needed. So what is added at the end of a file renames nothing.
 */
export class LocalNames {
  readonly #taken: Set<string>;
  /** How many `_` the last had that was to have a name. */
  readonly #counts = new Map<string, number>();

  /** @param taken What nothing may be called. */
  constructor(taken: Iterable<string> = []) {
    this.#taken = new Set(taken);
  }

  /** Gives a name, or what comes nearest to it. */
  give(name: string): string {
    let count = this.#counts.get(name) ?? 0;
    let local = name + "_".repeat(count);
    for (; this.#taken.has(local); count++) local += "_";
    this.#counts.set(name, count);
    this.#taken.add(local);
    return local;
  }
}
