import { loadDescriptorProto } from "../../deps.ts";
import { GOOGLE_API, WELL_KNOWN } from "./well_known_texts.ts";

/** Whose messages hold the options of declarations. */
export const DESCRIPTOR = "google/protobuf/descriptor.proto";

/** What protobufjs's JSON says about a message or an enum, as far as options need it. */
interface Declaration {
  readonly values?: Readonly<Record<string, number>>;
  readonly fields?: Readonly<Record<string, FieldDeclaration>>;
  readonly extensions?: readonly (readonly [number, number])[];
  readonly reserved?: readonly (readonly [number, number] | string)[];
  readonly nested?: Declarations;
}
interface FieldDeclaration {
  readonly rule?: string;
  readonly type: string;
  readonly id: number;
  readonly protoName?: string;
  readonly options?: { readonly retention?: string };
}
type Declarations = Readonly<Record<string, Declaration>>;

/**
 * Returns .proto text for declarations. Of the fields' options it has the one that leaves options out of descriptors.
 */
function textOf(declarations: Declarations): string {
  return Object.entries(declarations).map(([name, { values, fields = {}, nested = {}, ...numbers }]) => {
    if (values) return `enum ${name} {${Object.entries(values).map(([name, id]) => `${name} = ${id};`).join(" ")}}`;
    const lines = Object.entries(fields).map(([name, { rule = "optional", type, id, protoName, options }]) => {
      const retention = options?.retention === "RETENTION_SOURCE" ? " [retention = RETENTION_SOURCE]" : "";
      return `${rule} ${type} ${protoName ?? name} = ${id}${retention};`;
    });
    for (const [first, last] of numbers.extensions ?? []) lines.push(`extensions ${first} to ${last};`);
    for (const range of numbers.reserved ?? []) {
      lines.push(typeof range === "string" ? `reserved "${range}";` : `reserved ${range[0]} to ${range[1]};`);
    }
    return `message ${name} {\n${lines.join("\n")}\n${textOf(nested)}\n}`;
  }).join("\n");
}

const { default: { nested } } = await loadDescriptorProto() as unknown as {
  default: { nested: { google: { nested: { protobuf: { nested: Declarations } } } } };
};
const declarations = nested.google.nested.protobuf.nested;

const texts = new Map(Object.entries(GOOGLE_API));
texts.set(DESCRIPTOR, `syntax = "proto2";\npackage google.protobuf;\n${textOf(declarations)}\n`);
for (const [name, text] of Object.entries(WELL_KNOWN)) {
  texts.set(`google/protobuf/${name}.proto`, `syntax = "proto3";\npackage google.protobuf;\n${text}\n`);
}

/** Whether the kit itself has the TypeScript of a file: `pb`. */
export const isWellKnown = (name: string): boolean =>
  name.startsWith("google/protobuf/") && Object.hasOwn(WELL_KNOWN, name.slice(16).replace(/\.proto$/, ""));

/** The text of a file that need not be on the disk: a well-known one, or one that options are imported from. */
export const knownText = (name: string): string | undefined => texts.get(name);
