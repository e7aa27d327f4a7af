import { protobuf } from "../../deps.ts";
import { type MessageNames, messageNames } from "./message_names.ts";
import { PROTO_NAME } from "./oneof_name.ts";
import type { EnumJson, FieldJson, MessageJson, Options, RangeJson, ServiceJson } from "./json_types.ts";

/** A piece of protobufjs's JSON form. What is undefined in it does not count. */
export type Piece = Record<string, unknown>;

/** A message in protobufjs's JSON form. */
export function readMessage(message: MessageJson): Piece {
  const entries = new Map((message.nestedType ?? []).filter(isEntry).map((entry) => [entry.name, entry]));
  const names = messageNames(message);
  const fields = (message.field ?? []).map((field, i) => {
    const name = names.fields[i]!;
    return [name, readField(field, name, entries)] as const;
  });
  const nested = (message.nestedType ?? []).filter((one) => !isEntry(one));
  const groups = new Set((message.field ?? []).filter(({ type }) => type === "TYPE_GROUP").map(lastName));
  const ranges = message.extensionRange ?? [];
  const types = [
    ...nested.map((one) => [one.name, { ...readMessage(one), group: groups.has(one.name) || undefined }] as const),
    ...(message.enumType ?? []).map((one) => [one.name, readEnum(one)] as const),
  ];
  return {
    options: readOptions(message.options),
    oneofs: readOneofs(message, names),
    fields: Object.fromEntries(fields),
    extensions: ranges.length > 0 ? ranges.map(({ start = 0, end = 0 }) => [start, end - 1]) : undefined,
    reserved: readReserved(message, 1),
    nested: types.length > 0 ? Object.fromEntries(types) : undefined,
    comment: message.comment,
  };
}

/** An enum in protobufjs's JSON form. */
export function readEnum(one: EnumJson): Piece {
  const values = one.value ?? [];
  const options = values.flatMap(({ name, options }) => options ? [[name, readOptions(options)]] : []);
  const comments = values.flatMap(({ name, comment }) => comment ? [[name, comment]] : []);
  return {
    options: readOptions(one.options),
    valuesOptions: options.length > 0 ? Object.fromEntries(options) : undefined,
    values: Object.fromEntries(values.map(({ name, number = 0 }) => [name, number])),
    reserved: readReserved(one, 0),
    comment: one.comment,
    comments: comments.length > 0 ? Object.fromEntries(comments) : undefined,
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
      comment: method.comment,
    }] as const
  );
  return { options: readOptions(service.options), methods: Object.fromEntries(methods), comment: service.comment };
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

function readField(field: FieldJson, local: string, entries: ReadonlyMap<string, MessageJson>): Piece {
  const { name, number, jsonName } = field;
  const options = {
    ...readOptions(field.options),
    default: defaultOf(field),
    ...(field.proto3Optional && { proto3_optional: true }),
  };
  const common = {
    id: number,
    protoName: name === local ? undefined : name,
    jsonName: jsonName === protobuf.util.jsonName(name) ? undefined : jsonName,
    options: Object.values(options).some((value) => value !== undefined) ? options : undefined,
    comment: field.comment,
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

function readOneofs({ field = [], oneofDecl = [] }: MessageJson, names: MessageNames): Piece | undefined {
  if (oneofDecl.length === 0) return undefined;
  const members = Map.groupBy(field.keys(), (i) => field[i]!.oneofIndex);
  return Object.fromEntries(oneofDecl.map(({ name, options, comment }, i) => {
    const own = members.get(i) ?? [];
    const local = names.oneofs[i]!;
    // The one that `optional` stands for is no oneof to anybody else.
    const renamed = local !== name && !own.some((i) => field[i]!.proto3Optional);
    const all = { ...readOptions(options), ...renamed && { [PROTO_NAME]: name } };
    const oneof = own.map((i) => names.fields[i]!);
    return [local, { options: Object.keys(all).length > 0 ? all : undefined, oneof, comment }];
  }));
}

/** The default of a field of proto2, as protobufjs has it. */
export function defaultOf({ type, defaultValue: value }: FieldJson): unknown {
  if (value === undefined) return undefined;
  if (type === "TYPE_BOOL") return value === "true";
  if (type === "TYPE_BYTES") return unescaped(value);
  if (/^TYPE_(STRING|ENUM)$/.test(type)) return value;
  const number = Number(value);
  // JSON has no numbers such as inf, and none that are as exact as an int64.
  return Number.isFinite(number) && (Number.isSafeInteger(number) || !Number.isInteger(number)) ? number : value;
}

/** Bytes as text, each a character, of what C writes for them. */
const unescaped = (text: string): string =>
  text.replace(/\\(?:([0-7]{3})|(.))/g, (_, octal: string | undefined, sign: string) => {
    if (octal !== undefined) return String.fromCharCode(parseInt(octal, 8));
    return { n: "\n", r: "\r", t: "\t" }[sign] ?? sign;
  });

function readReserved(
  { reservedRange = [], reservedName = [] }: { reservedRange?: readonly RangeJson[]; reservedName?: readonly string[] },
  pastEnd: 0 | 1,
): (number[] | string)[] | undefined {
  const reserved = [...reservedRange.map(({ start = 0, end = 0 }) => [start, end - pastEnd]), ...reservedName];
  return reserved.length > 0 ? reserved : undefined;
}
