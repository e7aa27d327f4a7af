import type { FieldJson } from "../../codec/descriptor/json_types.ts";
import { protobuf } from "../../deps.ts";

/** A field of an option's message, and one value of it. */
export interface Setting {
  readonly field: FieldJson;
  readonly value: Value;
}

/** A value of a field: a scalar, an enum's value by its name, or what a message holds. */
export type Value =
  | { readonly kind: "scalar"; readonly value: bigint | number | boolean | string | Uint8Array }
  | { readonly kind: "enum"; readonly name: string; readonly number: number }
  | { readonly kind: "message"; readonly settings: readonly Setting[] };

/** Whether extensions are among the settings: these have no names in JSON. */
export const hasExtension = ({ field, value }: Setting): boolean =>
  field.extendee !== undefined || value.kind === "message" && value.settings.some(hasExtension);

/** The JSON of settings, in that of protobuf. */
export function jsonOf(settings: readonly Setting[], json: Record<string, unknown> = {}): Record<string, unknown> {
  for (const { field, value } of settings) {
    const name = field.jsonName!;
    const isList = field.label === "LABEL_REPEATED";
    const before = isList ? undefined : json[name] as Record<string, unknown> | undefined;
    const one = value.kind === "message"
      ? jsonOf(value.settings, before)
      : value.kind === "enum"
      ? value.name
      : scalarJson(value.value);
    if (!isList) json[name] = one;
    else if (json[name] === undefined) json[name] = [one];
    else (json[name] as unknown[]).push(one);
  }
  return json;
}

function scalarJson(value: bigint | number | boolean | string | Uint8Array): unknown {
  if (typeof value === "bigint") return Number.isSafeInteger(Number(value)) ? Number(value) : String(value);
  if (typeof value === "number" && !Number.isFinite(value)) return String(value);
  return value instanceof Uint8Array ? value.toBase64() : value;
}

/** The bytes of settings: by the numbers of the fields, as protoc writes them. */
export function bytesOf(settings: readonly Setting[]): Uint8Array {
  const writer = new protobuf.Writer();
  for (const one of merged(settings).sort((a, b) => a.field.number - b.field.number)) write(writer, one);
  return writer.finish();
}

/** Settings of which no two set parts of one message. */
function merged(settings: readonly Setting[]): Setting[] {
  const parts = new Map<FieldJson, Setting[]>();
  return settings.flatMap(({ field, value }) => {
    if (value.kind !== "message" || field.label === "LABEL_REPEATED") return [{ field, value }];
    const before = parts.get(field);
    if (before) { for (const one of value.settings) before.push(one); }
    if (before) return [];
    const all = [...value.settings];
    parts.set(field, all);
    return [{ field, value: { kind: "message", settings: all } }];
  });
}

type Scalar = "int32";

function write(writer: protobuf.Writer, { field, value }: Setting): void {
  const type = field.type.replace(/^TYPE_/, "").toLowerCase();
  const tag = (wireType: number) => writer.uint32((field.number << 3 | wireType) >>> 0);
  if (value.kind === "message") {
    if (type !== "group") return void tag(2).bytes(bytesOf(value.settings));
    tag(3);
    for (const one of value.settings) write(writer, one);
    return void tag(4);
  }
  if (value.kind === "enum") return void tag(0).int32(value.number);
  const scalar = value.value;
  if (scalar instanceof Uint8Array) return void tag(2).bytes(scalar);
  if (typeof scalar === "string") return void tag(2).string(scalar);
  tag(/fixed32|float/.test(type) ? 5 : /fixed64|double/.test(type) ? 1 : 0);
  writer[type as Scalar](typeof scalar === "bigint" ? numberOf(scalar, type) as number : scalar as number);
}

/** What protobufjs takes for an integer: halves, where a number would be rounded. */
function numberOf(value: bigint, type: string): unknown {
  const number = Number(value);
  if (Number.isSafeInteger(number)) return number;
  const half = (bits: bigint) => Number(BigInt.asIntN(32, bits));
  return { low: half(value), high: half(value >> 32n), unsigned: /^(u|fixed)/.test(type) };
}
