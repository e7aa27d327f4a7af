import type { EnumJson, EnumValueJson, FieldJson, MessageJson } from "../codec/descriptor/json.ts";

/** The fields of a message by the names that options have for them: a group goes by the name of its type. */
export const fieldsByName: (message: MessageJson) => ReadonlyMap<string, FieldJson> = once(({ field = [] }) =>
  new Map(field.map((one) => [one.type === "TYPE_GROUP" ? lastPart(one.typeName!) : one.name, one]))
);

/** The fields that a message of proto2 must have. */
export const requiredOf: (message: MessageJson) => readonly FieldJson[] = once(({ field = [] }) =>
  field.filter(({ label }) => label === "LABEL_REQUIRED")
);

/** The values of an enum by name. */
export const valuesByName: (type: EnumJson) => ReadonlyMap<string, EnumValueJson> = once(({ value = [] }) =>
  new Map(value.map((one) => [one.name, one]))
);

const lastPart = (name: string) => name.slice(name.lastIndexOf(".") + 1);

/** Makes something of an object once. */
function once<T extends object, R>(make: (from: T) => R): (from: T) => R {
  const made = new WeakMap<T, R>();
  return (from) => {
    if (!made.has(from)) made.set(from, make(from));
    return made.get(from)!;
  };
}
