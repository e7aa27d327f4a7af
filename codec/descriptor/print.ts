import { protobuf } from "../../deps.ts";
import { declaration, type ProtoFile, rootOf } from "../file.ts";
import { PROTO_NAME } from "./oneof_name.ts";

/**
 * Something of a file as a .proto would declare it, with full names of types; undefined if there is no such thing.
 *
 * @param name The full name of a message, field, oneof, enum, enum value, service or method.
 */
export function printProto(file: ProtoFile, name: string): string | undefined {
  const one = declaration(file, name);
  // Fields and oneofs stand there by their names in TypeScript.
  if (one && !(one instanceof protobuf.Field || one instanceof protobuf.OneOf)) return print(one);
  // The values of an enum stand in the scope of the enum.
  const [, scope = "", last] = /^(?:(.*)\.)?(.*)$/.exec(name)!;
  const owner = scope ? declaration(file, scope) : rootOf(file);
  if (owner instanceof protobuf.Type) {
    const field = owner.fieldsArray.find((field) => protoName(field) === last);
    if (field) return printField(field);
    const oneof = owner.oneofsArray.find((oneof) => !oneof.isProto3Optional && oneofName(oneof) === last);
    if (oneof) return printOneof(oneof);
  }
  if (owner instanceof protobuf.Namespace) {
    return owner.nestedArray.filter((one) => one instanceof protobuf.Enum)
      .flatMap((one) => Object.hasOwn(one.values, last!) ? [printValue(one, last!)] : [])[0];
  }
}

function print(one: protobuf.ReflectionObject): string | undefined {
  if (one instanceof protobuf.Type) return printMessage(one);
  if (one instanceof protobuf.Enum) return printEnum(one);
  if (one instanceof protobuf.Service) return printService(one);
  if (one instanceof protobuf.Method) return printMethod(one);
}

const protoName = (field: protobuf.FieldBase) => (field as unknown as { protoName: string }).protoName;
const fullName = (one: protobuf.ReflectionObject) => one.fullName.slice(1);

function block(head: string, lines: readonly string[]): string {
  if (lines.length === 0) return `${head} {}`;
  return `${head} {\n${lines.map((line) => line.replace(/^(?=.)/gm, "  ")).join("\n")}\n}`;
}

/** A comment, as it stands above what it explains. */
const commented = (comment: string | null | undefined, text: string) =>
  comment ? `${comment.split("\n").map((line) => `// ${line}`.trimEnd()).join("\n")}\n${text}` : text;

/** Those that say something to who calls. */
const optionLines = (one: protobuf.ReflectionObject, names: readonly string[]) =>
  names.flatMap((name) => one.options?.[name] === undefined ? [] : [`option ${name} = ${one.options[name]};`]);

function reservedLines(reserved: readonly (number[] | string)[] | undefined, max: number): string[] {
  const ranges = (reserved ?? []).flatMap((one) => {
    if (typeof one === "string") return [];
    const [start, end] = one as [number, number];
    return [start === end ? `${start}` : `${start} to ${end >= max ? "max" : end}`];
  });
  const names = (reserved ?? []).filter((one) => typeof one === "string").map((one) => JSON.stringify(one));
  return [ranges, names].filter((all) => all.length > 0).map((all) => `reserved ${all.join(", ")};`);
}

const printService = (one: protobuf.Service) =>
  commented(
    one.comment,
    block(`service ${one.name}`, [...optionLines(one, ["deprecated"]), ...one.methodsArray.map(printMethod)]),
  );

function printMessage(type: protobuf.Type): string {
  const done = new Set<protobuf.OneOf>();
  const fields = type.fieldsArray.flatMap((field) => {
    const oneof = field.partOf && !field.partOf.isProto3Optional ? field.partOf : undefined;
    if (oneof === undefined) return [printField(field)];
    if (done.has(oneof)) return [];
    done.add(oneof);
    return [printOneof(oneof)];
  });
  const nested = type.nestedArray.flatMap((one) => print(one) ?? []);
  const own = [...optionLines(type, ["deprecated"]), ...reservedLines(type.reserved, 536_870_911), ...fields];
  const gap = own.length > 0 && nested.length > 0 ? [""] : [];
  return commented(type.comment, block(`message ${type.name}`, [...own, ...gap, ...nested]));
}

const oneofName = (oneof: protobuf.OneOf): string => oneof.getOption(PROTO_NAME) ?? oneof.name;
const printOneof = (oneof: protobuf.OneOf) =>
  commented(oneof.comment, block(`oneof ${oneofName(oneof)}`, oneof.fieldsArray.map(printField)));

function printEnum(one: protobuf.Enum): string {
  const lines = [
    ...optionLines(one, ["allow_alias", "deprecated"]),
    ...reservedLines(one.reserved, 2_147_483_647),
    ...Object.keys(one.values).map((name) => printValue(one, name)),
  ];
  return commented(one.comment, block(`enum ${one.name}`, lines));
}

function printValue({ values, valuesOptions, comments }: protobuf.Enum, name: string): string {
  const deprecated = valuesOptions?.[name]?.deprecated === true ? " [deprecated = true]" : "";
  return commented(comments[name], `${name} = ${values[name]}${deprecated};`);
}

function printField(field: protobuf.Field): string {
  field.resolve();
  const value = field.resolvedType ? fullName(field.resolvedType) : field.type;
  const type = field instanceof protobuf.MapField ? `map<${field.keyType}, ${value}>` : `${ruleOf(field)}${value}`;
  return commented(field.comment, `${type} ${protoName(field)} = ${field.id}${printOptions(field)};`);
}

/** Those that matter to who writes JSON. */
function printOptions(field: protobuf.Field): string {
  const { jsonName } = field as unknown as { jsonName: string };
  const options = [
    ...jsonName === protobuf.util.jsonName(protoName(field)) ? [] : [`json_name = ${JSON.stringify(jsonName)}`],
    ...field.getOption("deprecated") === true ? ["deprecated = true"] : [],
  ];
  return options.length > 0 ? ` [${options.join(", ")}]` : "";
}

function ruleOf(field: protobuf.Field): string {
  if (field.repeated) return "repeated ";
  if (field.required) return "required ";
  const scalar = !(field.resolvedType instanceof protobuf.Type);
  const stated = field.partOf ? field.partOf.isProto3Optional : scalar && field.hasPresence;
  return stated ? "optional " : "";
}

function printMethod(method: protobuf.Method): string {
  method.resolve();
  const part = (stream: boolean | undefined, type: protobuf.Type | null) =>
    `(${stream ? "stream " : ""}${type && fullName(type)})`;
  const request = part(method.requestStream, method.resolvedRequestType);
  const head = `rpc ${method.name}${request} returns ${part(method.responseStream, method.resolvedResponseType)}`;
  const options = optionLines(method, ["deprecated", "idempotency_level"]);
  return commented(method.comment, options.length > 0 ? block(head, options) : `${head};`);
}
