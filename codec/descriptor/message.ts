import { protobuf } from "../../deps.ts";
import { PROTO_NAME } from "./oneof_name.ts";
import { describedOptions, describedReserved, type Descriptor } from "./options.ts";

/** A message as a DescriptorProto. What it declares is added to the symbols. */
export function describeMessage(type: protobuf.Type, symbols: string[]): Descriptor {
  const fullName = type.fullName.slice(1);
  // Those that `optional` stands for come last.
  const oneofs = type.oneofsArray.toSorted((a, b) => Number(a.isProto3Optional) - Number(b.isProto3Optional));
  const names = oneofNames(oneofs, type.fieldsArray.map(protoName));
  const positions = new Map(oneofs.map((oneof, i) => [oneof, i]));
  const fields = type.fieldsArray.map((field) => describeField(field, positions.get(field.partOf!)));
  symbols.push(fullName, ...[...fields.map(({ name }) => name), ...names].map((name) => `${fullName}.${name}`));
  const nested = type.nestedArray;
  return {
    name: type.name,
    field: fields,
    nested_type: [
      ...nested.filter((one) => one instanceof protobuf.Type).map((one) => describeMessage(one, symbols)),
      ...type.fieldsArray.filter((field) => field instanceof protobuf.MapField).map((field) => {
        symbols.push(`${fullName}.${entryName(field)}`);
        return describeEntry(field);
      }),
    ],
    enum_type: nested.filter((one) => one instanceof protobuf.Enum).map((one) => describeEnum(one, symbols)),
    oneof_decl: names.map((name, i) => ({ name, options: describedOptions(oneofs[i]!.options) })),
    options: describedOptions(type.options),
    extension_range: type.extensions?.map(([start, end]) => ({ start, end: end! + 1 })),
    ...describedReserved(type.reserved, 1),
  };
}

/** An enum as an EnumDescriptorProto. Its values belong to the scope that it stands in. */
export function describeEnum(one: protobuf.Enum, symbols: string[]): Descriptor {
  const scope = one.parent!.fullName.slice(1);
  symbols.push(one.fullName.slice(1), ...Object.keys(one.values).map((name) => scope ? `${scope}.${name}` : name));
  return {
    name: one.name,
    value: Object.entries(one.values).map(([name, number]) => ({
      name,
      number,
      options: describedOptions(one.valuesOptions?.[name]),
    })),
    options: describedOptions(one.options),
    ...describedReserved(one.reserved, 0),
  };
}

const protoName = (field: protobuf.FieldBase) => (field as unknown as { protoName: string }).protoName;

/** What oneofs are called. Those that `optional` stands for get a name that is free, as protoc gives it. */
function oneofNames(oneofs: readonly protobuf.OneOf[], fields: readonly string[]): string[] {
  const names: string[] = [];
  const taken = new Set(fields);
  for (const oneof of oneofs) {
    let name = oneof.getOption(PROTO_NAME) as string ?? oneof.name;
    if (oneof.isProto3Optional) {
      name = protoName(oneof.fieldsArray[0]!).replace(/^_?/, "_");
      while (taken.has(name)) name = `X${name}`;
    }
    taken.add(name);
    names.push(name);
  }
  return names;
}

function describeField(field: protobuf.Field, oneofIndex: number | undefined): Descriptor {
  field.resolve();
  const map = field instanceof protobuf.MapField;
  return {
    name: protoName(field),
    number: field.id,
    label: `LABEL_${map || field.repeated ? "REPEATED" : field.rule === "required" ? "REQUIRED" : "OPTIONAL"}`,
    ...(map ? { type: "TYPE_MESSAGE", type_name: `${field.parent!.fullName}.${entryName(field)}` } : typeOf(field)),
    json_name: (field as unknown as { jsonName: string }).jsonName,
    oneof_index: oneofIndex,
    default_value: defaultOf(field),
    proto3_optional: field.partOf?.isProto3Optional || undefined,
    options: describedOptions(field.options),
  };
}

/** The default of a field of proto2, as text. */
function defaultOf({ options, type }: protobuf.Field): string | undefined {
  const value = options?.default as unknown;
  if (value === undefined) return undefined;
  if (type === "bytes") {
    return String(value).replace(/[^ -~]|[\\"']/g, (one) => {
      const code = one.charCodeAt(0);
      return /[\\"']/.test(one) ? `\\${one}` : `\\${code.toString(8).padStart(3, "0")}`;
    });
  }
  return String(value);
}

function typeOf({ resolvedType, type }: protobuf.FieldBase): Descriptor {
  if (!resolvedType) return { type: `TYPE_${type.toUpperCase()}` };
  const kind = resolvedType instanceof protobuf.Enum ? "ENUM" : isGroup(resolvedType) ? "GROUP" : "MESSAGE";
  return { type: `TYPE_${kind}`, type_name: resolvedType.fullName };
}

const isGroup = (type: protobuf.Type) => (type as unknown as { group?: boolean }).group === true;

/** The name of the message that a map's entries are on the wire: `CountsEntry`. */
const entryName = (field: protobuf.FieldBase) =>
  protoName(field).replace(/(^_*|_+)([a-z]?)/g, (_, __, letter: string) => letter.toUpperCase()) + "Entry";

function describeEntry(field: protobuf.MapField): Descriptor {
  const part = (name: string, number: number, type: Descriptor) => ({
    name,
    number,
    label: "LABEL_OPTIONAL",
    ...type,
    json_name: name,
  });
  return {
    name: entryName(field),
    field: [part("key", 1, { type: `TYPE_${field.keyType.toUpperCase()}` }), part("value", 2, typeOf(field))],
    options: { map_entry: true },
  };
}
