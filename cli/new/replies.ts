import { findService } from "../../codec/descriptor/declared.ts";
import { literal as quoted } from "../../codegen/code_text.ts";
import { readProtoFiles } from "../../codegen/files.ts";
import type { DeclaredMethod, DeclaredService } from "../../codegen/emit/services.ts";
import type { Idl } from "./idl.ts";

/** Returns a function that gives the reply of a handler that sets no field, as test source: `{ resp: "" }`. */
export function emptyReplies({ name, files }: Idl): (service: DeclaredService, method: DeclaredMethod) => string {
  const file = readProtoFiles([name], (one) => files.get(one)?.source.text).get(name)!;
  return ({ fullName }, { local }) =>
    literal(findService(file, fullName)!.methods[local]!.response.decode(new Uint8Array()) as Value);
}

/** The value of a field that was not sent. In proto2 it may be a default other than zero. */
type Value = string | number | boolean | bigint | Uint8Array | Map<unknown, unknown> | Value[] | {
  [key: string]: Value;
};

function literal(value: Value): string {
  if (typeof value === "bigint") return `${value}n`;
  if (value instanceof Uint8Array) return `new Uint8Array(${value.length === 0 ? "" : `[${value.join(", ")}]`})`;
  if (value instanceof Map) return "new Map()";
  if (Array.isArray(value)) return "[]";
  if (typeof value !== "object") return typeof value === "string" ? quoted(value) : String(value);
  const fields = Object.entries(value).map(([name, value]) => `${name}: ${literal(value)}`);
  return fields.length === 0 ? "{}" : `{ ${fields.join(", ")} }`;
}
