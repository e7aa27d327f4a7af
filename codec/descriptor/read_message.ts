import { protobuf } from "../../deps.ts";
import { fieldName } from "../local_name.ts";
import { PROTO_NAME } from "./oneof_name.ts";
import type { EnumJson, FieldJson, MessageJson, Options, RangeJson, ServiceJson } from "./json.ts";

/** A piece of protobufjs's JSON form. What is undefined in it does not count. */
export type Piece = Record<string, unknown>;

/** A message in protobufjs's JSON form. */
export function readMessage(message: MessageJson): Piece {
  const entries = new Map((message.nestedType ?? []).filter(isEntry).map((entry) => [entry.name, entry]));
  const fields = (message.field ?? []).map((field) => [fieldName(field.name), readField(field, entries)] as const);
  const nested = (message.nestedType ?? []).filter((one) => !isEntry(one));
  const groups = new Set((message.field ?? []).filter(({ type }) => type === "TYPE_GROUP").map(lastName));
  return {
    options: readOptions(message.options),
    oneofs: readOneofs(message),
    fields: Object.fromEntries(fields),
    extensions: message.extensionRange?.map(({ start = 0, end = 0 }) => [start, end - 1]),
    reserved: readReserved(message, 1),
    nested: Object.fromEntries([
      ...nested.map((one) => [one.name, { ...readMessage(one), group: groups.has(one.name) }] as const),
      ...(message.enumType ?? []).map((one) => [one.name, readEnum(one)] as const),
    ]),
  };
}

/** An enum in protobufjs's JSON form. */
export function readEnum(one: EnumJson): Piece {
  const values = one.value ?? [];
  const options = values.flatMap(({ name, options }) => options ? [[name, readOptions(options)]] : []);
  return {
    options: readOptions(one.options),
    valuesOptions: options.length > 0 ? Object.fromEntries(options) : undefined,
    values: Object.fromEntries(values.map(({ name, number = 0 }) => [name, number])),
    reserved: readReserved(one, 0),
  };
}

/** A service in protobufjs's JSON form. */
export function readService(service: ServiceJson): Piece {
  const methods = (service.method ?? []).map((method) =>
    [method.name, {
      requestType: method.inputType,
      requestStream: method.clientStreaming || undefined,
      responseType: method.outputType,
      responseStream: method.serverStreaming || undefined,
      options: readOptions(method.options),
    }] as const
  );
  return { options: readOptions(service.options), methods: Object.fromEntries(methods) };
}

/** Options by the names that they have in a .proto. */
export function readOptions(options: Options | undefined): Options | undefined {
  if (options === undefined) return undefined;
  return Object.fromEntries(
    Object.entries(options).map(([name, value]) => {
      const inner = typeof value === "object" && value !== null && !Array.isArray(value);
      return [
        name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
        inner ? readOptions(value as Options) : value,
      ];
    }),
  );
}

/** Whether a message is what the entries of a map are on the wire. */
const isEntry = ({ options }: MessageJson) => options?.mapEntry === true;

const lastName = ({ typeName = "" }: FieldJson) => typeName.slice(typeName.lastIndexOf(".") + 1);
const scalar = (type: string) => type.replace(/^TYPE_/, "").toLowerCase();
const typeOf = ({ type, typeName }: FieldJson) => typeName || scalar(type);

function readField(field: FieldJson, entries: ReadonlyMap<string, MessageJson>): Piece {
  const { name, number, jsonName } = field;
  const options = {
    ...readOptions(field.options),
    ...(field.proto3Optional && { proto3_optional: true }),
  };
  const common = {
    id: number,
    protoName: name === fieldName(name) ? undefined : name,
    jsonName: jsonName === protobuf.util.jsonName(name) ? undefined : jsonName,
    options: Object.keys(options).length > 0 ? options : undefined,
  };
  const entry = field.label === "LABEL_REPEATED" ? entries.get(lastName(field)) : undefined;
  if (entry === undefined) {
    const rule = { LABEL_OPTIONAL: undefined, LABEL_REQUIRED: "required", LABEL_REPEATED: "repeated" };
    return { rule: rule[field.label ?? "LABEL_OPTIONAL"], type: typeOf(field), ...common };
  }
  const [key, value] = [1, 2].map((number) => entry.field?.find((one) => one.number === number));
  if (!key || !value) throw new Error(`the entries of the map ${name} have no key or no value`);
  return { keyType: scalar(key.type), type: typeOf(value), ...common };
}

function readOneofs({ field = [], oneofDecl = [] }: MessageJson): Piece | undefined {
  if (oneofDecl.length === 0) return undefined;
  return Object.fromEntries(oneofDecl.map(({ name }, i) => {
    const fields = field.filter(({ oneofIndex }) => oneofIndex === i);
    const oneof = fields.map((one) => fieldName(one.name));
    const local = fieldName(name);
    // The one that `optional` stands for is no oneof to anybody else.
    const renamed = local !== name && !fields.some((one) => one.proto3Optional);
    return [local, { oneof, options: renamed ? { [PROTO_NAME]: name } : undefined }];
  }));
}

function readReserved(
  { reservedRange = [], reservedName = [] }: { reservedRange?: readonly RangeJson[]; reservedName?: readonly string[] },
  pastEnd: 0 | 1,
): (number[] | string)[] | undefined {
  const reserved = [...reservedRange.map(({ start = 0, end = 0 }) => [start, end - pastEnd]), ...reservedName];
  return reserved.length > 0 ? reserved : undefined;
}
