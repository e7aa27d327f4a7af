import { protobuf } from "../deps.ts";
import { lineOf, literal, ProtoProblem } from "./problem.ts";

/**
 * Finds what protobufjs lets pass and protoc does not.
 *
 * @throws {ProtoProblem} If something is wrong.
 */
export function checkFile(file: string, source: string, own: protobuf.NamespaceBase): void {
  for (const one of own.nestedArray) {
    if (one instanceof protobuf.Enum) checkEnum(file, source, one);
    else if (one instanceof protobuf.Type) checkType(file, source, one);
    else if (one instanceof protobuf.Field) {
      throw new ProtoProblem(file, lineOf(source, /\bextend\b/), "extensions are not supported");
    }
    if (one instanceof protobuf.Namespace) checkFile(file, source, one);
  }
}

function checkEnum(file: string, source: string, one: protobuf.Enum): void {
  const line = lineOf(source, new RegExp(`enum\\s+${one.name}\\b`));
  const values = Object.values(one.values);
  if (values.length === 0) throw new ProtoProblem(file, line, `enum ${one.name} has no values`);
  if (values[0] !== 0) throw new ProtoProblem(file, line, `the first value of enum ${one.name} must be 0 in proto3`);
}

function checkType(file: string, source: string, type: protobuf.Type): void {
  const start = source.search(new RegExp(`message\\s+${type.name}\\b`));
  for (const field of type.fieldsArray) {
    const name = (field as unknown as { protoName?: string }).protoName ?? field.name;
    const inside = source.slice(start).search(new RegExp(`\\b${literal(name)}\\s*=`));
    const line = source.slice(0, start + Math.max(inside, 0)).split("\n").length;
    const fail = (text: string) => {
      throw new ProtoProblem(file, line, `${type.name}.${name}: ${text}`);
    };
    if (field.id < 1 || field.id > 536_870_911) fail(`the number ${field.id} is not from 1 to 536870911`);
    if (field.id >= 19_000 && field.id <= 19_999) fail("the numbers 19000 to 19999 belong to protobuf itself");
    if (type.isReservedId(field.id)) fail(`the number ${field.id} is reserved; take another`);
    if (type.isReservedName(name)) fail("the name is reserved; take another");
    if ("group" in type && type.group) fail("groups are not supported; use a message");
  }
}
