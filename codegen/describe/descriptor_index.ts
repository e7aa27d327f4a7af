import type { EnumJson, EnumValueJson, FieldJson, MessageJson } from "../../codec/descriptor/json_types.ts";

/** The fields of a message by name. */
export const fieldsByName: (message: MessageJson) => ReadonlyMap<string, FieldJson> = once(({ field = [] }) =>
  new Map(field.map((one) => [one.name, one]))
);

/** The fields of a message by the names that they have in braces: a group goes by the name of its type as well. */
export const fieldsInBraces: (message: MessageJson) => ReadonlyMap<string, FieldJson> = once((message) => {
  const groups = (message.field ?? []).filter(({ type }) => type === "TYPE_GROUP");
  return new Map([...groups.map((one) => [lastPart(one.typeName!), one] as const), ...fieldsByName(message)]);
});

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

/** The names of the values of an enum, for people. */
export const valueNames = ({ value = [] }: EnumJson): string => {
  const names = value.map(({ name }) => name);
  return [...names.slice(0, -2), names.slice(-2).join(" or ")].join(", ");
};
